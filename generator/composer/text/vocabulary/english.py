"""English: genres, moods, uses, instruments, and the words that connect them."""

from collections.abc import Iterator

from generator.composer.text.parsing.kinds import Kind
from generator.composer.text.vocabulary import Language
from generator.composer.text.vocabulary.english_genres import GENRES, SCENES

MOODS = {
    "warm": "warm, cozy, cosy, gentle, soft, sweet, heartwarming, comforting, homely, soothing, delicate, mild",
    "rainy": "rainy, rain, drizzle, drizzly, rainy day, gloomy weather",
    "sad": "sad, sadness, sorrow, sorrowful, grief, grieving, mournful, heartbreak, heartbroken, heartbreaking, melancholic, melancholy, "
    "depressing, depressed, tearful, lonely, loneliness, somber, sombre, bittersweet, tragic, blue, downbeat, bleak, mourning, funeral",
    "happy": "festive, breezy, exuberant, summery, happy, cheerful, cheery, joyful, joyous, fun, sunny, positive, light-hearted, lighthearted, feel-good, feelgood, "
    "feel good, merry, carefree, jolly, happiness, bright, good vibes, good mood, delightful, jubilant, celebratory, gleeful",
    "calm": "cool, smooth, sleepy, drowsy, slow-burning, calm, peaceful, relaxed, relaxing, serene, chill, chilled, chillout, chill out, mellow, laid-back, laid back, tranquil, "
    "quiet, soothing, easygoing, easy-going, placid, restful, calming, unhurried, lazy, at ease, unobtrusive, subtle, understated",
    "energetic": "energetic, driving, powerful, intense, exciting, hype, high-energy, high energy, dynamic, pumping, "
    "energizing, adrenaline, thrilling, explosive, hyped, frantic, hectic, frenetic, pulsing, propulsive, punchy, energy, busy",
    "upbeat": "upbeat, lively, bouncy, peppy, perky, spirited, up-tempo and happy, vibrant, catchy, jaunty, brisk",
    "dark": "cold, icy, bitter, dark, ominous, brooding, moody, gloomy, sinister, menacing, grim, evil, gothic, eerie, creepy, haunting, haunted, spooky, "
    "scary, foreboding, unsettling, murky, bleak and dark, macabre, dystopian, shadowy, nightmarish",
    "dreamy": "dreamy, dream, dreamlike, hazy, floating, ethereal, airy, otherworldly, surreal, lush, shimmering, weightless, spacey, "
    "celestial, magical, enchanting, enchanted, hypnotic, psychedelic, trippy",
    "hopeful": "determined, resolute, confident, hopeful, inspiring, inspirational, optimistic, triumphant, motivational, motivating, uplifting, encouraging, "
    "victorious, empowering, confident, hope, proud, aspirational, rousing",
    "mysterious": "mysterious, mystery, enigmatic, mystical, secretive, curious, intriguing, cryptic, "
    "arcane, sneaky, investigative, uncanny",
    "tense": "desperate, panicked, tense, tension, suspense, suspenseful, nerve-racking, nerve-wracking, anxious, nervous, uneasy, urgent, nail-biting, edgy, dread, paranoid, ticking clock, cliffhanger",
    "nostalgic": "vintage, nostalgic, nostalgia, wistful, sentimental, reflective, yearning, longing, memories, reminiscent, "
    "contemplative, pensive, introspective, thoughtful, wistfulness",
    "romantic": "romantic, romance, intimate, tender, loving, sensual, passionate, sultry, seductive, sexy",
    "playful": "sassy, flirty, playful, quirky, whimsical, goofy, silly, cute, mischievous, funny, comical, humorous, cheeky, zany, childlike, childish, "
    "bubbly, wacky",
    "epic": "adventurous, regal, patriotic, noble, stately, epic, heroic, grand, majestic, grandiose, massive, monumental, larger than life, colossal, soaring, glorious, mighty, "
    "legendary, sweeping",
    "aggressive": "chaotic, raw, ferocious, aggressive, angry, fierce, brutal, furious, raging, rage, violent, ferocious, savage, gritty, menacing and angry, "
    "rebellious, hard-hitting, hard hitting, heavy",
    "emotional": "spiritual, soul-stirring, emotional, moving, touching, heartfelt, poignant, sincere, soulful, stirring, dramatic, cathartic",
    "elegant": "elegant, classy, sophisticated, luxurious, refined, graceful, chic, stylish, glamorous, posh, suave",
    "solemn": "solemn, serious, sacred, reverent, grave mood, ceremonial, dignified, austere, sober",
}

USES = {
    "cooking video": "cooking, recipe, recipes, kitchen, food, baking, cooking video, cooking show, chef",
    "podcast": "podcast, podcasts, interview, talk show, narration, voice-over, voiceover, voice over, audiobook, talk, radio show",
    "game": "game, games, gameplay, video game, videogame, boss fight, boss battle, level, mobile game, puzzle game, rpg, game menu, "
    "racing game, indie game, strategy game, menu screen, title screen, boss, platform game, shooter",
    "intro": "intro, opener, sting, jingle, ident, bumper, opening titles, logo, logo reveal, channel intro",
    "vlog": "vlog, vlogs, vlogging, travel, vacation, road trip, travel video, travel vlog, daily vlog, journey, backpacking, holiday trip",
    "study": "study, studying, focus, homework, work music, concentration, concentrate, deep work, coding, programming, reading, "
    "study session, exam prep, productivity, focusing, writing session",
    "wedding": "wedding, love, anniversary, engagement, proposal, bride, wedding video, first dance, save the date, valentine",
    "product": "product, demo, tutorial, app, unboxing, product video, how-to, how to, walkthrough, explainer, explainer video, "
    "saas, product launch, screencast, review video, software demo",
    "documentary": "documentary, nature, history, wildlife, nature documentary, docuseries, planet, museum, animals documentary, archive footage",
    "fashion": "fashion, runway, beauty, fashion show, makeup, make-up, catwalk, lookbook, perfume",
    "kids": "kids, toddler, toddlers, preschool, kindergarten, kids show, children's show, for children",
    "advert": "ad, ads, advert, advertisement, advertising, commercial, tv spot, promo, promotional, campaign, radio spot, promo video, spot",
    "workout": "workout, workouts, gym, fitness, training montage, cardio, running, jogging, hiit, exercise, crossfit, spin class, cycling, boxing",
    "sleep": "sleep, sleeping, bedtime, insomnia, napping, nap, falling asleep, night routine",
    "party": "party, parties, birthday, celebration, nightclub, club night, new year's eve party, after-party",
    "presentation": "presentation, slideshow, slide show, keynote, pitch deck, company video, webinar, conference, annual report, "
    "training video, onboarding, powerpoint",
    "stream": "stream, streaming, twitch, livestream, live stream, twitch stream, starting soon screen, stream break, waiting screen",
    "news": "news, newscast, breaking news, news report, headlines, bulletin, weather report",
    "film": "film, movie, short film, films, movies, scene, film scene, feature film, end credits, credits, screenplay, motion picture",
    "meditation": "meditation session, breathing exercise, yoga class, yoga session, guided meditation, breathwork",
    "shop": "shop, store, hotel, restaurant, cafe, coffee shop, bar, hotel lobby, lobby, elevator, hold music, on hold, waiting room, salon, boutique, bistro",
    "sports": "sports, sport, sports highlights, football, soccer, basketball, skateboarding, surfing, snowboarding, extreme sports, "
    "match day, stadium intro, race, racing, highlight reel, skate video, motocross",
    "real estate": "real estate, house tour, home tour, property, property tour, apartment tour, interior design, open house, architecture",
    "dinner": "dinner, dinner party, brunch, wine tasting, cocktail party, cocktails, cocktail hour, cocktail bar",
    "slideshow": "photo slideshow, family photos, photo album, memorial video, graduation, baby photos, family video, montage, timelapse, time-lapse",
}

INSTRUMENTS = {
    "drums": "909, tr-909, tr-808, linndrum, drum machine, drum machines, drums, drum, drum kit, drumset, drum set, drumming, live drums",
    "percussion": "percussion, perc, hand percussion, percussions",
    "beat": "beatboxing, beatbox, beat, beats, rhythm, rhythms, rhythm section, drum beat",
    "bass": "bass, bass guitar, bassline, bass line, sub bass, sub-bass, synth bass, electric bass, fretless bass",
    "slap bass": "slap bass", "double bass": "double bass, upright bass, contrabass, acoustic bass, standup bass, string bass",
    "808": "808, 808s, 808 bass, eight-oh-eight",
    "piano": "piano, grand piano, felt piano, upright piano, keys, keyboard, keyboards, pianist",
    "electric piano": "electric piano, rhodes, fender rhodes, wurlitzer, wurli, e-piano, epiano",
    "organ": "organ, hammond, hammond organ, church organ, pipe organ, b3",
    "harpsichord": "clavichord, virginal, harpsichord, spinet", "clavinet": "clavinet, clav",
    "guitar": "guitar, nylon guitar, nylon-string guitar, spanish guitar, classical guitar, guitarist, guitar picking",
    "acoustic guitar": "acoustic guitar, steel-string guitar, fingerpicked guitar, fingerstyle guitar, strummed guitar",
    "electric guitar": "electric guitar, distorted guitar, distorted guitars, overdriven guitar, guitar riff, guitar riffs, power chords, guitar solo",
    "ukulele": "ukulele, uke, ukelele", "banjo": "banjo", "mandolin": "mandolin", "lute": "theorbo, lute", "sitar": "tambura, tanpura, sitar", "oud": "oud",
    "bouzouki": "bouzouki", "balalaika": "balalaika", "charango": "charango", "shamisen": "shamisen", "pedal steel": "pedal steel, lap steel, steel guitar",
    "slide guitar": "slide guitar, dobro",
    "strings": "strings, string section, string ensemble, orchestral strings, string quartet, string pads, string orchestra, string arrangement",
    "violin": "violin, solo violin, violins", "viola": "viola", "cello": "cello, celli, solo cello, violoncello", "fiddle": "fiddle, fiddles",
    "pizzicato": "pizzicato, pizz, plucked strings",
    "erhu": "erhu", "hurdy-gurdy": "sarangi, nyckelharpa, hurdy-gurdy, hurdy gurdy", "harp": "harp, harps", "koto": "koto", "zither": "zither", "guzheng": "guqin, pipa, santoor, gayageum, guzheng",
    "dulcimer": "dulcimer, hammered dulcimer", "lyre": "kora, lyre",
    "pad": "pad, pads, synth pad, synth pads, warm pads",
    "synth": "supersaw, supersaws, plucks, synth stabs, tb-303, 303, synth, synths, synthesizer, synthesizers, synthesiser, analog synth, analogue synth, modular synth, moog, synth lead",
    "arpeggio": "arpeggio, arpeggios, arp, arps, arpeggiator, arpeggiated synth",
    "theremin": "theremin", "talkbox": "talkbox, vocoder", "turntables": "turntables, scratching, vinyl scratches, turntable", "mellotron": "mellotron",
    "brass": "brass, horns, horn section, brass section, brass stabs, brass band",
    "trumpet": "trumpet, trumpets, muted trumpet", "trombone": "sackbut, trombone", "tuba": "euphonium, tuba", "flugelhorn": "cornett, flugelhorn, cornet",
    "french horn": "french horn, french horns, horn", "saxophone": "saxophone, sax, alto sax, tenor sax, sax solo, saxes",
    "flute": "flute, flutes, transverse flute", "whistle": "whistle, whistling, tin whistle, penny whistle, whistled melody", "clarinet": "clarinet, bass clarinet",
    "oboe": "oboe, english horn, cor anglais", "bassoon": "contrabassoon, krummhorn, bassoon", "piccolo": "piccolo", "recorder": "recorder", "panpipes": "panpipes, pan flute, pan pipes",
    "ocarina": "ocarina", "shakuhachi": "bansuri, dizi, suona, shehnai, shakuhachi", "duduk": "duduk", "bagpipes": "bagpipes, bagpipe, pipes", "harmonica": "harmonica, mouth organ, blues harp",
    "woodwinds": "woodwinds, woodwind, winds", "didgeridoo": "didgeridoo", "kazoo": "kazoo",
    "choir": "humming, hummed voices, choir, choirs, chorus of voices, aahs, choral voices, chanting, monk chant, wordless choir, choral",
    "bells": "bells, bell, church bells, tubular bells", "glockenspiel": "glockenspiel, glock", "celesta": "celesta, celeste", "music box": "music box, musicbox",
    "chimes": "chimes, wind chimes", "triangle": "triangle", "singing bowls": "singing bowls, singing bowl, tibetan bowls", "sleigh bells": "sleigh bells, jingle bells",
    "vibraphone": "vibraphone, vibes solo, vibraphones", "marimba": "marimba, marimbas", "xylophone": "xylophone", "kalimba": "kalimba, mbira, thumb piano",
    "steel drums": "steel drums, steelpan, steel pan, steel drum, steelpans", "handpan": "handpan, hang drum", "balafon": "balafon",
    "accordion": "accordion, bandoneon, squeezebox, accordeon", "harmonium": "harmonium", "concertina": "harmonica-like melodica, concertina, melodica",
    "tabla": "tabla, tablas", "bongos": "bongo, bongos", "congas": "conga, congas", "djembe": "bodhran, dhol, darbuka, frame drum, djembe", "cajon": "cajon", "taiko": "taiko, taikos, taiko drums, war drums",
    "timpani": "timpani, kettle drums, timpanis", "cowbell": "cowbell, cowbells", "shaker": "guiro, claves, woodblock, rainstick, egg shaker, shaker, shakers", "tambourine": "tambourine, tambourines", "maracas": "maracas",
    "castanets": "castanets", "claps": "claps, handclaps, hand claps, clapping, finger snaps, snaps",
    "hi-hats": "hi-hat, hi-hats, hihat, hihats, hi hats", "snare": "snare, snares, snare drum", "kick": "kick, kick drum, bass drum, double bass drum, double kick, blast beats", "cymbals": "gong, gongs, cymbals, cymbal, crashes",
    "melody": "melody, lead, tune, lead melody, topline, lead line, melodies",
}  # fmt: skip

WORDS = {
    Kind.NO: "no, not, non, nothing, none, nothing too, not too, not so, not overly, not very, never, neither, nor, isn't, aren't, nope, zero, cannot, "
    "isnt, no need for, nothing like, not like, anything but, not a fan of, not really, shouldn't be, shouldnt be, must not be, should not be, isn't too, not any, not at all",
    Kind.WITHOUT: "without, without any, w/o, avoid, avoiding, skip, skip the, leave out, leave off, minus, exclude, excluding, omit, omitting, "
    "don't, dont, do not, don't want, do not want, don't use, do not use, don't add, don't include, do not include, lacking, devoid of, free of, lose the, "
    "remove, ditch, drop the, mute the, free from, hold the, get rid of, steer clear of, absence of, no more, keep out, stay away from, please no, hate, dislike, "
    "i'm not into, wouldn't want, refrain from, minus the, sans, without the, cut the, not want, not use, not include, never use, take out",
    Kind.NOT_AFTER: "free, less, not wanted, not needed, not allowed, excluded, forbidden, is out, are out, off",
    Kind.NOT_ONLY: "not only, not just, not necessarily, no problem, why not, no matter, no later than, no longer than, no more than, not less than, free download, royalty-free, royalty free, "
    "copyright free, copyright-free, no copyright, no worries, not sure, don't know, don't mind, doesn't matter, don't care, copyright, without stopping, no rush, as long as",
    Kind.LESS: "less, fewer, minimal use of, hardly any, barely any, almost no, very little",
    Kind.UNLIKE: "instead of, rather than, in place of, as opposed to, unlike, in lieu of",
    Kind.EXCEPT: "except, except for, apart from, other than, aside from, but for, but no, all but, everything but, everything except, save for",
    Kind.AND: "and, plus, as well as, along with, n, also",
    Kind.OR: "or, nor, or any, and no, and without",
    Kind.BUT: "but, however, though, although, just, yet, instead, still, nevertheless, more like, please, keep, use, make it, give me, i want, we want, want, needs, need",
    Kind.WITH: "with, add, plus, featuring, including, feat, include, adding, incorporating, layered with, mixed with, blended with, on top of, backed by",
    Kind.ONLY: "only, just, solely, nothing but, alone, by itself, on its own, solo, exclusively, purely",
    Kind.LIKE: "like, à la, a la, in the style of, in the vein of, style of, similar to, inspired by, reminiscent of, sounds like, sounding like, think, type beat, vibes of, vibes, vibe, esque, style, aesthetic",
    Kind.AT: "at, @, at about, at around, at exactly, exactly at, right at",
    Kind.FIRST: "first, opening, initial, beginning, starting",
    Kind.LAST: "last, final, closing, ending, finishing",
    Kind.AFTER: "after, past, once past, only after, following",
    Kind.BEFORE: "until, till, til, before, up to, up until, for the first, not until",
    Kind.FROM: "from, since, starting at, starting from, beginning at, as of, onwards from, between",
    Kind.TO: "to, until, till, through",
    Kind.IN: "in, into, onwards, onward, mark, before the end, from the end, into it, into the track, later, after that",
    Kind.THEN: "then, and then, followed by, after that, next, afterwards, which then, before",
    Kind.STARTS: "starts, start, begins, begin, opens, opening with, starting, starts off, start off, starts with, beginning, kicks off, opens with, intro is, at the start, at the beginning, "
    "in the beginning, from the start, to start, at first",
    Kind.ENDS: "ends, end, ending, finishes, finish, closes, closing, at the end, ends with, finale, ends on, toward the end, towards the end",
    Kind.LENGTH: "long, length, duration, lasting, lasts, last for, runs, runtime, run time, total, overall, in length, running time, in total, in duration, altogether, exactly, "
    "should last, should be, needs to be, track length, total length, max, maximum, limit",
    Kind.OF: "of, worth of",
    Kind.ENTERS: "come in, comes in, coming in, enter, enters, entering, join, joins, joining, kick in, kicks in, drop in, drops in, bring in, brings in, introduced, introduce, start, starts, "
    "begin, begins, fade in, fades in, appear, appears, arrive, arrives, add, added, are added, is added, enters slowly, picks up, pick up, starting, return, returns, come back, comes back, "
    "back in, are in, is in, kicking in, creep in, creeps in, drop, drops, hit, hits",
    Kind.LEAVES: "drop out, drops out, leave, leaves, fade out, fades out, cut out, cuts out, go away, goes away, disappear, disappears, stop, stops, stop playing, out, exit, exits, "
    "dropping out, gone, vanish, vanishes, silent",
    Kind.HIT: "hit, hits, accent, impact, big hit, stinger, punch, boom, slam, accented hit, crash hit, hard hit",
    Kind.BUILD: "build, builds, build-up, build up, builds up, buildup, building, building up, rise, rises, rising, grow, grows, growing, crescendo, swell, swells, picks up, gets bigger, gets louder, "
    "intensifies, intensify, ramp up, ramps up, escalates, escalate, gets faster, gradually builds, slowly builds, increasing, riser, ramping up, gets intense, ascends",
    Kind.DROP: "drop, drops, beat drop, the drop, bass drop, big drop, drop hits, beat drops, the beat drops, drop the beat",
    Kind.QUIET: "quiet, quietly, soft, softly, calm, calmly, calms down, dies down, mellow, sparse, sparsely, gentle, gently, slows down, winds down, hushed, fades, fade out, fades out, stripped back, "
    "stripped down, subdued, peaceful, softer, quieter, calmer, low-key, minimal, breakdown, gets quiet, goes quiet, breathing space, fade-out, fading out, mellows out, simmers down",
    Kind.FULL: "loud, loudly, full, big, climax, climaxes, peak, peaks, explodes, explode, erupts, erupt, full band, all in, tutti, everything comes in, everything in, full energy, full blast, chorus, louder, bigger, "
    "energetic, intense, at its biggest, full orchestra, all instruments, biggest, powerful, goes big, full power, full force, at full force, heavy, epic, triumphant, grand, hits its peak",
    Kind.STOP: "stop, stops, break, pause, pauses, silence, silent, dead stop, hard stop, full stop, cuts to silence, goes silent, everything stops, cut, cuts, rest, abrupt stop, sudden silence",
    Kind.SECTION: "introduction, outro, bridge, verse, interlude, coda, intro section",
    Kind.STOPWORD: "the, a, an, i, we, my, our, your, it, its, is, are, be, for, some, something, that, this, these, those, music, track, song, piece, sound, sounds, vibe, vibes, feel, feeling, mood, style, "
    "background, please, make, create, compose, generate, want, would, like, need, should, could, can, you, me, so, very, really, too, bit, little, lots, lot, more, most, much, kind, sort, type, of, "
    "as, has, have, into, about, but, there, will, all, any, one, while, when, where, which, who, what, if, nice, good, great, cool, perfect, instrumental, theme, soundtrack, them, they, use, used, "
    "using, short, long, new, maybe, quite, also, up, down, over, under, through, by, on, in, at, to, from, full, clean, simple, modern, light, hours, hour, video, videos, clip, content, channel, "
    "youtube, instagram, tiktok, reel, reels, social, media, post, someone, people, person, get, give, let, go, goes, going, looking, thing, things, ok, hi, hello, hey, thanks, thank, bpm, tempo, key, "
    "genre, minutes, seconds, composition, audio, slow-mo, slow motion, slow-motion, slowly, quickly, fast food, fast-forward, melodic, version, project, inspired, influenced, tinged, infused, flavored, flavoured, feels, score, background music, bgm, ost, number, beds",
}


def _beds() -> Iterator[str]:
    """Yield how people say that somebody speaks over the music: "under a voice", "room for the speaker"."""
    for voice in (
        "voice",
        "voice-over",
        "voiceover",
        "voice over",
        "narration",
        "narrator",
        "speaker",
        "speech",
        "dialogue",
        "dialog",
        "vo",
        "presenter",
        "host",
    ):
        yield from (
            f"{place} {article}{voice}" for place in _PLACES_OF_BEDS for article in ("", "a ", "the ", "my ", "our ")
        )
        yield from (
            f"{voice} {place}" for place in ("on top", "goes on top", "over it", "over the top", "will be on top")
        )


_PLACES_OF_BEDS = (
    "under", "beneath", "underneath", "behind", "below", "room for", "space for", "background for", "underscore for",
)  # fmt: skip
_ENGLISH_FACTS = {
    Kind.GENRE: GENRES,
    Kind.SCENE: SCENES,
    Kind.MOOD: MOODS,
    Kind.USE: USES,
    Kind.INSTRUMENT: INSTRUMENTS,
    Kind.TEXTURE: {
        "rain": "rain sound, rain sounds, sound of rain, sounds of rain, with rain, rainfall, raindrops, rain ambience, rain in the background",
        "vinyl": "vinyl, crackle, vinyl crackle, tape hiss, vinyl noise, record crackle, vinyl hiss",
    },
    Kind.METER: {
        "3/4": "waltz, three-four, triple time, minuet, triple meter, waltz time, three four, in three, mazurka",
        "6/8": "six-eight, jig, lullaby, barcarolle, tarantella, six eight",
        "4/4": "four-four, common time, four four",
        "5/4": "five-four, five four, in five", "7/8": "seven-eight, seven eight, in seven",
    },
    Kind.PACE: {
        "slow": "slow, slow tempo, slow-paced, slow paced, downtempo, slower, sluggish, slow-moving, low tempo, slow and steady, leisurely",
        "fast": "fast, quick, fast-paced, fast paced, up-tempo, uptempo, rapid, fast tempo, speedy, faster, high tempo, high-tempo, breakneck, racing tempo",
        "medium": "mid-tempo, midtempo, medium tempo, moderate tempo, mid tempo, moderate, medium-paced",
    },
    Kind.TERM: {
        "grave": "grave", "largo": "largo", "lento": "lento", "adagio": "adagio", "andante": "andante", "andantino": "andantino", "moderato": "moderato",
        "allegretto": "allegretto", "allegro": "allegro", "vivace": "vivace", "presto": "presto", "prestissimo": "prestissimo", "larghetto": "larghetto",
    },
    Kind.QUALITY: {
        "minor": "minor key, in minor, minor mode, minor tonality, minor chords, minor scale, in a minor key",
        "major": "major key, in major, major mode, major tonality, major chords, major scale, in a major key",
    },
    Kind.VOICE: {"voice": "voices, singer, singers, singing, sung, lyrics, rapper, rapping, male vocals, female vocals, vocals, vocal, vocalist, rap verse, sing, song with words, lead vocals"},
    Kind.BED: {
        "bed": "bed, music bed, voice-over bed, voiceover bed, narration bed, podcast bed, talking over it, speaking over it, talk over it, "
        "under talking, " + ", ".join(_beds()),
    },
    Kind.LOOP: {
        "loop": "seamless loop, seamlessly loop, loop, loopable, looping, loops, endless, seamlessly looping, endlessly, perfect loop, looped, seamless, repeat forever, loops seamlessly, "
        "seamlessly loops, can loop, seamless looping, on repeat",
    },
}  # fmt: skip
ENGLISH = Language("en", _ENGLISH_FACTS, WORDS)
