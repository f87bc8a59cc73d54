"""What a text is about, where that suggests a kind of music without being the name of one.

TOPICS     genre → subjects: "platformer" suggests chiptune, "true crime" tension. They choose a style after genres and
           names and before instruments, and what they chose is not shown as heard.
OCCASIONS  use → subjects that are what the music is for, too
"""

from collections.abc import Mapping

TOPICS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "lullaby": "lullaby, lullabies, cradle song",
        "chiptune": "arcade, arcade game, pixel, pixel art, platformer, retro game, retro video game, retro gaming",
        "folk": "campfire, rustic", "western": "cowboy, old west, wild west, gunslinger, western film",
        "sea shanty": "pirate, pirates", "tavern": "bard, minstrel", "children": "children, childrens, toy, toys, cartoon, nursery, kiddie",
        "holiday": "holiday, santa, festive, new year, holiday season, winter holiday", "african": "africa", "indian": "india",
        "chinese": "china", "japanese": "japan, samurai, ninja, geisha", "arabic": "1001 nights, desert caravan, arabian nights, ottoman",
        "hawaiian": "hawaii, luau", "ambient": "drones, drone, background texture",
        "meditation": "yoga, spa, mindfulness, zen, healing, wellness, reiki, chakra, breathing, massage",
        "tension": "horror, thriller, true crime, horror movie, scary movie, horror film, crime, slasher, spy thriller, suspense thriller",
        "trailer": "blockbuster, epic music", "cinematic": "cinema", "comedy": "comedy, sitcom, slapstick, comedic, comedy sketch, tiptoe",
        "circus": "clown, carnival, fairground, merry-go-round", "surf rock": "surf", "synthwave": "cyberpunk",
        "ragtime": "silent movie, silent film", "chanson": "french cafe, parisian cafe", "polka": "oktoberfest",
        "balkan": "greek, gypsy, romani", "celtic": "scottish highlands", "jazz": "speakeasy", "experimental": "noise",
        "k-pop": "anime, anime opening", "trance": "goa", "nordic": "shamanic",
    },
    "de": {
        "lullaby": "wiegenlied, schlaflied",
        "folk": "lagerfeuer*", "western": "wildwest, wilder westen", "sea shanty": "piraten*", "children": "zeichentrick*",
        "meditation": "wellness, achtsamkeit, yoga", "tension": "krimi, horrorfilm, grusel", "circus": "zirkus, jahrmarkt", "holiday": "advent",
    },
    "fr": {
        "lullaby": "berceuse",
        "folk": "feu de camp", "children": "dessin animé, enfantin*", "meditation": "bien-être, yoga",
        "tension": "film d'horreur, horreur, thriller, polar, policier", "cinematic": "bande originale", "circus": "cirque, fête foraine",
        "chiptune": "jeu rétro",
    },
    "es": {
        "lullaby": "nana, canción de cuna",
        "folk": "fogata", "western": "oeste, viejo oeste, vaquero, vaqueros", "sea shanty": "pirata, piratas", "chinese": "china, chino",
        "children": "infantil, infantiles, dibujos animados", "meditation": "bienestar, yoga", "cinematic": "banda sonora",
        "tension": "terror, película de terror, horror, crimen real, policíac*", "circus": "circo, feria",
    },
    "it": {
        "lullaby": "ninna nanna, ninnananna",
        "western": "vecchio west, selvaggio west", "sea shanty": "pirati, pirata", "children": "cartoni animati, infantile",
        "meditation": "benessere, yoga", "cinematic": "colonna sonora", "tension": "film horror, orrore, giallo, poliziesc*, horror",
        "circus": "circo, luna park", "folk": "popolare",
    },
    "pt": {
        "lullaby": "canção de ninar",
        "folk": "fogueira", "western": "faroeste, velho oeste, bangue-bangue", "sea shanty": "pirata, piratas",
        "children": "infantil, infantis, desenho animado", "meditation": "bem-estar, yoga, ioga", "cinematic": "trilha sonora, banda sonora",
        "tension": "terror, filme de terror, horror, policial, crime real", "circus": "circo, parque de diversões",
    },
    "ja": {
        "lullaby": "子守唄, 子守歌",
        "chiptune": "レトロゲーム", "western": "西部劇", "tavern": "酒場", "sea shanty": "海賊", "children": "子供向け, 子ども向け, こども向け, キッズ",
        "african": "アフリカ", "indian": "インド", "arabic": "中東", "meditation": "ヨガ, ヒーリング, 癒し, 癒やし, 癒し系",
        "cinematic": "サントラ", "tension": "ホラー, サスペンス, スリラー, 怪談", "circus": "サーカス", "comedy": "コメディ, ギャグ",
        "corporate": "企業, 企業紹介", "holiday": "正月",
    },
    "zh": {
        "lullaby": "摇篮曲",
        "chiptune": "像素游戏, 复古游戏, 復古遊戲", "western": "西部片, 牛仔", "tavern": "酒馆", "sea shanty": "海盗, 海盜",
        "children": "卡通, 兒童", "african": "非洲", "indian": "印度", "arabic": "中东, 中東", "meditation": "瑜伽, 疗愈, 治愈, 水疗, 療癒",
        "tension": "恐怖, 惊悚, 恐怖片, 犯罪, 驚悚", "circus": "马戏团", "comedy": "喜剧, 搞笑喜剧", "corporate": "企业, 商务, 企業, 商業",
        "holiday": "春节, 新年",
    },
    "ko": {
        "lullaby": "자장가",
        "chiptune": "레트로 게임, 픽셀", "western": "서부극, 서부 영화", "tavern": "선술집, 주점", "sea shanty": "해적", "children": "만화",
        "african": "아프리카", "indian": "인도", "arabic": "중동", "meditation": "요가, 힐링, 스파", "cinematic": "사운드트랙",
        "tension": "공포, 호러, 스릴러, 범죄, 공포 영화", "circus": "서커스", "comedy": "코미디", "corporate": "기업, 기업용",
    },
}  # fmt: skip
OCCASIONS: Mapping[str, Mapping[str, str]] = {
    "en": {"meditation": "yoga, spa, massage, wellness", "game": "retro game, retro video game, platformer, arcade game, farming sim, dungeon crawler",
           "wedding": "ceremony, vows, first look, bridal, honeymoon"},
    "de": {"meditation": "yoga, wellness"},
    "fr": {"meditation": "yoga", "game": "jeu rétro", "wedding": "mariage, mariés"},
    "es": {"meditation": "yoga"},
    "it": {"meditation": "yoga", "wedding": "sposi"},
    "pt": {"meditation": "yoga, ioga"},
    "ja": {"meditation": "ヨガ", "sleep": "睡眠用", "game": "レトロゲーム, ボス戦"},
    "zh": {"meditation": "瑜伽", "game": "像素游戏, 复古游戏, 復古遊戲"},
    "ko": {"meditation": "요가", "game": "레트로 게임, 보스전"},
}  # fmt: skip
