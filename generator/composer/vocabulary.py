"""Words the brief listens for, as data: moods, uses, instruments, textures, meters, spelled-out numbers."""

# mood → (words, change of energy, change of tempo in %, mode)
MOODS: dict[str, tuple[tuple[str, ...], float, float, str]] = {
    "warm": (("warm", "cozy", "cosy", "gentle", "soft", "tender", "sweet"), -0.05, -2, ""),
    "rainy": (("rainy", "rain", "melancholic", "melancholy", "nostalgic", "wistful", "lonely"), -0.1, -5, "minor"),
    "sad": (("sad", "sorrow", "grief", "mournful", "heartbreak"), -0.15, -8, "minor"),
    "happy": (("happy", "cheerful", "joyful", "fun", "bright", "sunny", "positive", "light-hearted"), 0.08, 4, "major"),
    "calm": (("calm", "peaceful", "relaxed", "relaxing", "quiet", "serene", "chill", "mellow", "slow"), -0.18, -6, ""),
    "energetic": (("energetic", "driving", "powerful", "intense", "fast", "exciting", "hype"), 0.22, 6, ""),
    "upbeat": (("upbeat", "uplifting", "lively", "bouncy"), 0.15, 4, "major"),
    "dark": (("dark", "ominous", "brooding", "moody", "noir", "gloomy"), 0.0, -3, "minor"),
    "dreamy": (("dreamy", "dream", "hazy", "floating", "ethereal"), -0.12, -4, ""),
    "hopeful": (("hopeful", "inspiring", "optimistic", "triumphant"), 0.08, 2, "major"),
    "mysterious": (("mysterious", "mystery", "suspense", "tense"), 0.0, -2, "minor"),
}
# use → (words, style when the text names none, length when the text names none)
USES: dict[str, tuple[tuple[str, ...], str, float]] = {
    "cooking video": (("cooking", "recipe", "kitchen", "food"), "bossa", 60),
    "podcast": (("podcast", "interview", "talk", "narration", "voice-over", "voiceover"), "lofi", 60),
    "game": (("game", "gameplay", "level"), "chiptune", 60),
    "intro": (("intro", "opener", "opening", "sting", "jingle", "ident"), "corporate", 15),
    "vlog": (("vlog", "travel", "vacation"), "folk", 60),
    "study": (("study", "studying", "focus", "homework", "work music"), "lofi", 120),
    "wedding": (("wedding", "love", "anniversary"), "piano", 90),
    "product": (("product", "demo", "tutorial", "app", "unboxing"), "corporate", 60),
    "documentary": (("documentary", "nature", "history", "wildlife"), "cinematic", 90),
    "fashion": (("fashion", "runway", "beauty"), "house", 60),
    "kids": (("kids", "children", "toys", "cartoon"), "children", 60),
}
# what can be left out or asked for → (words, families of parts it stands for)
INSTRUMENTS: dict[str, tuple[str, ...]] = {
    "drums": ("drums", "drum", "percussion", "beat", "beats"),
    "bass": ("bass",),
    "piano": ("piano", "keys", "rhodes", "electric piano"),
    "guitar": ("guitar", "guitars", "ukulele"),
    "strings": ("strings", "string", "violin", "violins", "cello"),
    "pad": ("pad", "pads"),
    "synth": ("synth", "synths", "synthesizer"),
    "brass": ("brass", "horn", "horns", "trumpet"),
    "flute": ("flute", "whistle", "clarinet", "oboe", "woodwinds", "woodwind"),
    "choir": ("choir", "voices", "vocals", "aahs"),
    "harp": ("harp",),
    "bells": ("bells", "bell", "glockenspiel", "chimes"),
    "vibraphone": ("vibraphone", "vibes", "marimba"),
    "melody": ("melody", "lead", "tune"),
}
# what lies under the music → words that ask for it
TEXTURES: dict[str, tuple[str, ...]] = {
    "rain": ("rain sound", "rain sounds", "sound of rain", "sounds of rain", "with rain", "rainfall"),
    "vinyl": ("vinyl", "crackle", "vinyl crackle", "tape hiss"),
}
SPOKEN = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45, "fifty": 50,
    "sixty": 60, "ninety": 90, "half a": 0.5, "one and a half": 1.5, "two and a half": 2.5,
}  # fmt: skip
METERS = {"4/4": 4, "3/4": 3, "6/8": 3}  # quarter notes in a bar
METER_WORDS: dict[str, tuple[str, ...]] = {
    "3/4": ("waltz", "3/4", "three-four", "triple time", "minuet"),
    "6/8": ("6/8", "six-eight", "jig", "lullaby", "barcarolle", "tarantella"),
    "4/4": ("4/4", "four-four", "common time"),
}
LILT = {"3/4": 1.12, "6/8": 1.3}  # what three in a bar add to a style's usual tempo, in quarter notes
BED_WORDS = (
    "bed", "under a voice", "under voice", "under narration", "under speech", "under a narrator", "voice-over bed",
    "voiceover bed", "background for a voice",
)  # fmt: skip

# What a player is called by people who are no musicians, where the instrument's own key does not say it.
PLAYERS: dict[str, str] = {
    "analog": "Synth bass",
    "contrabass": "Double bass",
    "finger": "Electric bass",
    "pick": "Picked bass",
    "pulse": "Pulse bass",
    "reese": "Growling bass",
    "rubber": "Rubber bass",
    "slap": "Slap bass",
    "subpad": "Deep bass",
    "triangle": "Game bass",
    "upright": "Upright bass",
    "bell": "Bells",
    "bowl": "Singing bowl",
    "musicbox": "Music box",
    "brass": "Brass section",
    "horn": "French horn",
    "muteharmon": "Muted trumpet",
    "clav": "Clavinet",
    "crunch": "Driven guitar",
    "muted": "Muted guitar",
    "nylon": "Nylon guitar",
    "steel": "Steel guitar",
    "uke": "Ukulele",
    "felt": "Soft piano",
    "epiano": "Electric piano",
    "stab": "Piano chords",
    "airpad": "Airy pad",
    "darkpad": "Dark pad",
    "glasspad": "Glassy pad",
    "polysynth": "Synth chords",
    "warmpad": "Warm pad",
    "celli": "Cellos",
    "pizz": "Plucked strings",
    "spiccato": "Short strings",
    "strings": "String section",
    "violins": "Violins",
    "arpsynth": "Synth arpeggio",
    "pluck": "Plucked synth",
    "sawlead": "Synth melody",
    "softlead": "Soft synth melody",
    "square": "Game melody",
    "square2": "Game harmony",
    "supersaw": "Wide synth",
    "vibes": "Vibraphone",
    "texture": "Background sound",
}
