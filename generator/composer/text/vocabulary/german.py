"""German. Umlauts are folded, so "fröhlich" stands here as it is written and matches "frohlich"."""

from generator.composer.text.parsing.kinds import Kind
from generator.composer.text.vocabulary import Language

GERMAN = Language(
    "de",
    {
        Kind.GENRE: {
            "lofi": "lo-fi-beats, entspannte beats", "hip hop": "sprechgesang, deutschrap", "electronic": "elektronisch*, elektro, elektronik, elektronische musik", "synthwave": "achtziger, 80er",
            "house": "clubmusik, tanzmusik, disko", "techno": "techno-musik", "corporate": "firmenmusik, werbemusik, imagefilm-musik", "folk": "akustisch*, volkslied, volkstümlich*", "schlager": "schlager, volksmusik, blasmusik",
            "rock": "rockig*, rockmusik", "pop": "popmusik, poppig*, popsong", "jazz": "jazzig*, jazzmusik", "blues": "bluesig*", "funk": "funkig*", "celtic": "keltisch*, irisch*, schottisch*", "tavern": "mittelalter, mittelalterlich*, taverne, tavernen*, spielmann*",
            "western": "westernmusik", "sea shanty": "seemannslied", "latin": "lateinamerikanisch*, kubanisch*", "bossa": "brasilianisch*", "arabic": "arabisch*, orientalisch*, türkisch*", "bollywood": "indisch*",
            "african": "afrikanisch*", "japanese": "japanisch*", "chinese": "chinesisch*", "piano": "klaviermusik, klavierstück, soloklavier, klaviersolo, klavierballade", "children": "kinderlied, kinderlieder, kindermusik",
            "holiday": "weihnacht*, weihnachts, weihnachtlich*, weihnachten", "world": "weltmusik, trommelkreis", "ambient": "klanglandschaft, atmosphärisch*, sphärisch*, klangteppich", "meditation": "meditativ*, entspannungs, entspannungsmusik",
            "cinematic": "filmisch*, film musik, filmscore, kinomusik, kinoreif*", "orchestral": "orchestral*, orchester, sinfonisch*, symphonisch*, klassik, klassisch*, klassische", "baroque": "barock, barocke, barockmusik", "march": "marschmusik, marsch",
            "tension": "gruselmusik, thrillermusik", "trailer": "trailermusik, filmtrailer", "chiptune": "8-bit-musik, videospielmusik der 80er", "metal": "metallisch hart", "lounge": "fahrstuhlmusik, loungemusik",
            "tango": "argentinischer tango", "choral": "chormusik, kirchenmusik, choral", "country": "countrymusik",
        },
        Kind.SCENE: {"bossa": "strand, sommer, café, sommerlich*", "corporate": "firma, unternehmen, geschäft*, technologie, büro", "orchestral": "märchen, märchenhaft*, burg, schloss, drachen", "cinematic": "landschaft, drohnenaufnahmen, sonnenaufgang, berge",
            "tension": "spuk*, verbrechen, spion, geister", "trailer": "schlacht, krieg, kampf", "folk": "bauernhof, wandern, herbst", "holiday": "winter, schnee", "meditation": "schlaf, einschlafen", "ambient": "weltraum, weltall, unterwasser", "house": "party, modenschau"},
        Kind.MOOD: {
            "warm": "warme, warmer, warmes, sanft*, gemütlich*, weich*, behaglich*", "rainy": "regnerisch*, regen, verregnet*", "sad": "traurig*, melancholisch*, wehmütig*, bedrückt*, einsam*, trauer, trostlos*", "happy": "fröhlich*, glücklich*, heiter*, freudig*, lustig*, gute laune, sonnig*",
            "calm": "ruhig*, entspannt*, entspannend*, friedlich*, leise, gelassen*, dezent*, unaufdringlich*", "energetic": "energisch*, kraftvoll*, treibend*, energiegeladen*, mitreißend*, intensiv*, dynamisch*", "upbeat": "schwungvoll*, beschwingt*, lebhaft*, flott*, munter*",
            "dark": "dunkel*, dunkl*, düster*, finster*, unheimlich*, bedrohlich*, gruselig*", "dreamy": "verträumt*, träumerisch*, traumhaft*, schwebend*, sphärisch*", "hopeful": "hoffnungsvoll*, selbstbewusst*, inspirierend*, optimistisch*, motivierend*, zuversichtlich*",
            "mysterious": "geheimnisvoll*, mysteriös*, rätselhaft*", "tense": "spannend*, angespannt*, spannung, nervös*, spannungsgeladen*", "nostalgic": "nostalgisch*, sehnsüchtig*, nachdenklich*", "romantic": "romantisch*, zärtlich*, liebevoll*", "playful": "verspielt*, witzig*, niedlich*, spielerisch*, skurril*",
            "epic": "episch*, heroisch*, heldenhaft*, majestätisch*, monumental*, gewaltig*", "aggressive": "aggressiv*, wütend*, brutal*, zornig*", "emotional": "emotional*, gefühlvoll*, bewegend*, rührend*, dramatisch*",
        },
        Kind.USE: {
            "cooking video": "kochen, kochvideo, rezept, küche, backen, kochsendung", "podcast": "gespräch, hörbuch, podcast-folge", "game": "spiel, videospiel, computerspiel, spielmenü", "intro": "vorspann, einspieler", "vlog": "reise, reisevideo, urlaub, reisefilm, urlaubsvideo",
            "study": "lernen, konzentration, arbeiten, hausaufgaben, büroarbeit", "wedding": "hochzeit*, hochzeits, hochzeitsvideo, liebe, heirat", "product": "produkt, produktvideo, anleitung, erklärvideo, vorstellung", "documentary": "dokumentation, doku, dokumentarfilm, natur, geschichte, naturfilm, naturdoku",
            "fashion": "mode, modenschau, kosmetik", "kids": "kinder, kindersendung, kleinkinder, kindergarten", "advert": "werbung, werbespot, werbefilm, reklame, imagefilm", "workout": "training, sport, fitness, krafttraining, fitnessstudio, laufen", "sleep": "schlafen, einschlafen, gute nacht",
            "party": "feier, geburtstag, fete", "presentation": "präsentation, vortrag, firmenvideo", "news": "nachrichten", "film": "kurzfilm, kinofilm, abspann, spielfilm", "shop": "restaurant, laden, geschäft, hotel, aufzug, warteschleife, bar",
        },
        Kind.INSTRUMENT: {
            "drums": "schlagzeug, trommel, trommeln, drums", "percussion": "perkussion", "beat": "rhythmus", "bass": "bassgitarre, e-bass", "double bass": "kontrabass", "piano": "klavier, flügel, klavier solo, tasten", "electric piano": "e-piano, e-klavier",
            "organ": "orgel, kirchenorgel, hammondorgel", "harpsichord": "cembalo", "guitar": "gitarre, gitarren, konzertgitarre", "acoustic guitar": "akustikgitarre, westerngitarre, akustische gitarre", "electric guitar": "e-gitarre, elektrogitarre, e-gitarren",
            "strings": "streicher, streichorchester, streichquartett", "violin": "geige, geigen, violine, violinen", "viola": "bratsche", "cello": "celli", "harp": "harfe", "pad": "flächen, synthesizerflächen, klangflächen", "synth": "synthesizer, synthie, synthies",
            "brass": "bläser, blechbläser", "trumpet": "trompete, trompeten", "trombone": "posaune", "french horn": "waldhorn, hörner", "saxophone": "saxophon, saxofon", "flute": "flöte, querflöte, flöten", "recorder": "blockflöte", "whistle": "pfeifen", "clarinet": "klarinette",
            "oboe": "oboen", "bassoon": "fagott", "harmonica": "mundharmonika", "bagpipes": "dudelsack", "woodwinds": "holzbläser", "choir": "chor, stimmen, gesangschor", "bells": "glocken, glöckchen", "glockenspiel": "glockenspiel", "music box": "spieluhr, spieldose",
            "vibraphone": "vibraphon, vibrafon", "marimba": "marimbaphon", "xylophone": "xylophon, xylofon", "accordion": "akkordeon, ziehharmonika, schifferklavier", "timpani": "pauken", "mandolin": "mandoline", "lute": "laute", "zither": "zither", "dulcimer": "hackbrett",
            "singing bowls": "klangschalen, klangschale", "tambourine": "tamburin, schellenkranz", "melody": "melodie, melodien, hauptmelodie", "claps": "klatschen",
        },
        Kind.TEXTURE: {"rain": "regengeräusch, regengeräusche, regengeräuschen, regenrauschen", "vinyl": "schallplattenknistern, plattenknistern, vinylknistern, knistern"},
        Kind.METER: {"3/4": "walzer, dreivierteltakt, walzertakt", "6/8": "sechsachteltakt, wiegenlied", "4/4": "viervierteltakt"},
        Kind.PACE: {"slow": "langsam, langsame, langsamer, langsames, langsamen, gemächlich*", "fast": "schnell, schnelle, schneller, schnelles, schnellen, rasant*, zügig*, flottes tempo", "medium": "mittleres tempo, mäßig*, mittelschnell*"},
        Kind.QUALITY: {"minor": "in moll, molltonart, moll", "major": "in dur, durtonart, dur"},
        Kind.VOICE: {"voice": "gesang, sänger, sängerin, liedtext, singen"},
        Kind.BED: {"bed": "musikbett, unter einer stimme, unter sprache, unter sprecher, klangteppich für sprache, für einen sprecher, hinter einer stimme, unter einem sprecher"},
        Kind.LOOP: {"loop": "schleife, endlosschleife, nahtlos*, endlos, nahtlose schleife"},
    },
    {
        Kind.NO: "kein, keine, keinen, keiner, keinem, keines, nicht, nichts, nie, niemals, nicht zu, nicht so, weder, nicht sehr, nichts zu, bloß nicht, nicht allzu, bitte nicht",
        Kind.WITHOUT: "ohne, ohne jegliche, vermeide, vermeiden, bitte ohne, weglassen, verzicht auf, verzichte auf, lass weg", Kind.NOT_AFTER: "frei, los, weglassen, verzichten", Kind.NOT_ONLY: "nicht nur, gemafrei, gema-frei, lizenzfrei", Kind.LESS: "weniger, kaum",
        Kind.UNLIKE: "statt, anstatt, anstelle von, anstelle", Kind.EXCEPT: "außer, bis auf, ausgenommen", Kind.AND: "und, sowie", Kind.OR: "oder, noch, und kein, und keine, und ohne", Kind.BUT: "aber, sondern, jedoch, dafür, stattdessen",
        Kind.WITH: "mit, dazu, inklusive, plus", Kind.ONLY: "nur, ausschließlich, allein, lediglich", Kind.LIKE: "wie, im stil von, im stile von, à la, wie von, ähnlich wie, inspiriert von", Kind.AT: "bei, ab sekunde, bei sekunde",
        Kind.FIRST: "erste, ersten, erster", Kind.LAST: "letzte, letzten, letzter", Kind.AFTER: "nach", Kind.BEFORE: "bis, vor, bis zu, bis zur", Kind.FROM: "ab, seit", Kind.TO: "bis", Kind.THEN: "dann, danach, anschließend, und dann, gefolgt von",
        Kind.STARTS: "beginnt, anfang, am anfang, zu beginn, beginn, startet, fängt an, beginnend, anfangs", Kind.ENDS: "ende, endet, am ende, schluss, am schluss, zum schluss", Kind.LENGTH: "lang, lange, länge, dauer, langes, langer, gesamtlänge, dauert, insgesamt",
        Kind.ENTERS: "setzt ein, setzen ein, kommt dazu, kommen dazu, einsetzen, setzt, setzen, kommt, kommen, steigt ein, steigen ein", Kind.LEAVES: "hört auf, hören auf, verschwindet, verschwinden", Kind.HIT: "schlag, akzent, knall, treffer", Kind.BUILD: "steigert sich, aufbau, steigerung, baut sich auf, anschwellend, wird lauter, steigernd, wächst, aufbauend",
        Kind.QUIET: "leise, ruhig, sanft, leiser, ruhiger, wird leiser", Kind.FULL: "laut, höhepunkt, voll, lauter, volle kraft", Kind.STOP: "pause, stille, stopp, stopp, bricht ab", Kind.SECTION: "einleitung, zwischenspiel", Kind.DROP: "der drop",
        Kind.STOPWORD: "der, die, das, den, dem, des, ein, eine, einen, einem, einer, eines, für, mein, meine, meinen, mein, ich, wir, musik, hintergrund, hintergrundmusik, stück, lied, song, bitte, brauche, suche, möchte, hätte, gerne, gern, etwas, im, in, zu, zum, zur, auf, "
        "als, ist, soll, sein, sehr, und, oder, mit, ohne, von, aus, es, sich, aber, auch, noch, so, video, film, szene, stimmung, klingt, klingen, klang, klänge, viel, viele, wenig, bisschen, unser, unseren, unsere, das, dass, werden, wird, haben, hat, sekunden, minuten, tempo, takt, art, passend, schöne, schönes, schöner, modern*",
    },
)  # fmt: skip
