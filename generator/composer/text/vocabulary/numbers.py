"""Numbers and units of time in all languages; keys are folded (lower case, no accents)."""

FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}
_WORDS = {
    0.5: "half halbe halben halber medio media mezzo mezza meio meia demi demie",
    1: "a an one ein eine einen einer eins un une uno una um uma",
    1.5: "anderthalb eineinhalb",
    2: "two couple zwei deux dos due dois duas", 2.5: "zweieinhalb",
    3: "three drei trois tres tre", 4: "four vier quatre cuatro quattro quatro",
    5: "five funf cinq cinco cinque", 6: "six sechs seis sei", 7: "seven sieben sept siete sette sete",
    8: "eight acht huit ocho otto oito", 9: "nine neun neuf nueve nove", 10: "ten zehn dix diez dieci dez",
    11: "eleven elf onze once undici", 12: "twelve zwolf douze doce dodici doze", 13: "thirteen", 14: "fourteen",
    15: "fifteen funfzehn quinze quince quindici", 16: "sixteen", 17: "seventeen", 18: "eighteen", 19: "nineteen",
    20: "twenty zwanzig vingt veinte venti vinte", 25: "funfundzwanzig veinticinco venticinque",
    30: "thirty dreissig trente treinta trenta trinta", 40: "forty vierzig quarante cuarenta quaranta quarenta",
    45: "funfundvierzig quarantacinque", 50: "fifty funfzig cinquante cincuenta cinquanta cinquenta",
    60: "sixty sechzig soixante sesenta sessanta sessenta", 70: "seventy siebzig", 75: "funfundsiebzig",
    80: "eighty achtzig", 90: "ninety neunzig noventa novanta", 100: "hundred hundert cent cien cento cem",
}  # fmt: skip
NUMBER_WORDS = {word: float(value) for value, words in _WORDS.items() for word in words.split()}
HALF_WORDS = frozenset(
    ["half", "halb", "halbe", "medio", "media", "mezzo", "mezza", "meio", "meia", "demi", "demie", "半"]
)
AND_WORDS = frozenset(["and", "und", "et", "y", "e"])
RANGE_WORDS = frozenset(["to", "bis", "a", "al", "ate", "until", "till"])
BETWEEN_WORDS = frozenset(["between", "zwischen", "entre", "tra", "fra"])
# words between a number and its unit: "les 8 dernières secondes"
FIRST_WORDS = frozenset(["first", "premieres", "premiers", "primeros", "primi", "primeiros", "ersten", "erste"])
LAST_WORDS = frozenset(["last", "final", "dernieres", "derniers", "ultimos", "ultimi", "letzten", "letzte"])
IDEOGRAPHIC_DIGITS = {
    "一": 1.0, "二": 2.0, "两": 2.0, "兩": 2.0, "三": 3.0, "四": 4.0, "五": 5.0, "六": 6.0, "七": 7.0, "八": 8.0,
    "九": 9.0, "十": 10.0, "百": 100.0, "半": 0.5, "일": 1.0, "이": 2.0, "삼": 3.0, "사": 4.0, "오": 5.0, "육": 6.0,
    "칠": 7.0, "팔": 8.0, "구": 9.0, "십": 10.0,
}  # fmt: skip
_SECONDS = (
    "s sec secs second seconds sek sekunde sekunden seg segs segundo segundos seconde secondes secondi secondo sekund "
    "sekunder секунд секунды сек 秒 秒間 秒钟 秒鐘 초 초간"
)
_MINUTES = "m min mins minute minutes minuten minuto minutos minuti mn minut minuter минуты минут мин 分 分間 分钟 分鐘 분 분간"
_HOURS = "h hr hrs hour hours stunde stunden std heure heures hora horas ora ore час часа 小时 時間 시간"
UNITS = (
    dict.fromkeys(_SECONDS.split(), 1.0) | dict.fromkeys(_MINUTES.split(), 60.0) | dict.fromkeys(_HOURS.split(), 3600.0)
)
