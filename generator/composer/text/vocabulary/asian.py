"""Japanese, Chinese (simplified and traditional) and Korean. Every character is a token; particles may follow a word."""

from generator.composer.text.parsing.kinds import Kind
from generator.composer.text.vocabulary import Language

JAPANESE = Language(
    "ja",
    {
        Kind.GENRE: {
            "lofi": "ローファイ, ローファイヒップホップ, チルホップ, lofiヒップホップ", "hip hop": "ヒップホップ, ラップ", "trap": "トラップ, ドリル", "phonk": "フォンク", "house": "ハウス, ハウスミュージック, クラブミュージック, ディープハウス, ダンスミュージック", "electronic": "エレクトロニック, エレクトロ, 電子音楽, エレクトロニカ", "techno": "テクノ",
            "trance": "トランス", "dubstep": "ダブステップ", "tropical": "トロピカルハウス", "synthwave": "シンセウェーブ, シンセウェイブ, 80年代, 80年代風", "city pop": "シティポップ", "dnb": "ドラムンベース, ドラムアンドベース, ジャングル", "funk": "ファンク, ファンキー", "disco": "ディスコ", "soul": "ソウル", "rnb": "アールアンドビー, rnb", "gospel": "ゴスペル",
            "chiptune": "チップチューン, 8ビット, ファミコン, ファミコン風, ピコピコ", "corporate": "コーポレート, ビジネス音楽", "pop": "ポップ, ポップス", "k-pop": "jポップ, アニソン, アニメ風", "folk": "フォーク, アコースティック, 弾き語り", "country": "カントリー", "western": "ウエスタン", "celtic": "ケルト, ケルト風, アイルランド, アイリッシュ",
            "tavern": "中世, 中世ヨーロッパ, 中世風", "jazz": "ジャズ, ジャズトリオ, スウィング, ジャジー", "big band": "ビッグバンド", "lounge": "ラウンジ, エレベーター音楽", "blues": "ブルース", "bossa": "ボサノバ, ボサノヴァ, サンバ", "latin": "ラテン", "salsa": "サルサ", "reggaeton": "レゲトン", "flamenco": "フラメンコ", "tango": "タンゴ", "reggae": "レゲエ", "ska": "スカ風",
            "piano": "ピアノソロ, ソロピアノ, ピアノ曲", "rock": "ロック, ロックンロール, インディーロック", "metal": "メタル, ヘヴィメタル, ヘビーメタル", "punk": "パンク", "children": "童謡", "holiday": "クリスマス", "world": "ワールドミュージック, 民族音楽, 民族", "bollywood": "ボリウッド",
            "arabic": "アラビア, アラビア風", "chinese": "中国風, 中華風", "japanese": "和風, 和楽器, 雅楽, 邦楽", "hawaiian": "ハワイアン", "ambient": "アンビエント, 環境音楽, ドローン音楽", "meditation": "瞑想", "cinematic": "シネマティック, 映画音楽, 映画風", "orchestral": "オーケストラ, 交響曲, クラシック, 管弦楽, オーケストラル", "baroque": "バロック",
            "trailer": "予告編, トレーラー", "march": "行進曲, マーチ", "hyperpop": "ハイパーポップ", "triphop": "トリップホップ", "afrobeats": "アフロビート", "choral": "聖歌, 賛美歌",
        },
        Kind.SCENE: {"bossa": "海辺, ビーチ, 夏, カフェ, 喫茶店, 夏らしい", "corporate": "会社, テクノロジー, オフィス, スタートアップ", "orchestral": "ファンタジー, おとぎ話, お城, 魔法", "cinematic": "風景, ドローン映像, 夜明け, 大自然", "tension": "探偵, 幽霊, 事件, スパイ", "trailer": "戦い, 戦闘, バトル, ボス戦", "folk": "田舎, キャンプ, 秋", "holiday": "冬, 雪", "meditation": "睡眠用", "ambient": "宇宙, 海底, 星空", "house": "パーティー", "synthwave": "ネオン, 夜のドライブ"},
        Kind.MOOD: {
            "warm": "温かい, 暖かい, 温か, 優しい, 柔らかい, あたたかい, やさしい, ほっこり, 優しく", "rainy": "雨, 雨の日, 梅雨", "sad": "悲し, 切ない, 哀しい, 寂しい, 悲しげ, 哀愁, せつない, 物悲し", "happy": "楽し, 明る, 嬉し, ハッピー, 幸せ, 陽気", "calm": "静か, 穏やか, 落ち着, リラックス, のんびり, 安らぎ, チル, ゆったり, まったり", "energetic": "エネルギッシュ, 激し, 力強, パワフル, 迫力, 躍動, 勢いのある, ノリノリ",
            "upbeat": "アップビート, 元気, 軽快, ノリのいい, 弾む", "dark": "暗, 暗い, ダーク, 不気味, 怖, 不穏, 恐ろし", "dreamy": "夢のような, 幻想的, ドリーミー, 浮遊感, 夢見", "hopeful": "希望, 感動的で前向き, 前向き, 勇気, 爽やか, さわやか", "mysterious": "神秘的, ミステリアス, 謎, 不思議", "tense": "緊張, 緊迫, 緊張感, ハラハラ", "nostalgic": "懐かし, ノスタルジック, 郷愁", "romantic": "ロマンチック, 恋, 甘い, ロマンティック",
            "playful": "かわいい, 可愛い, 遊び心, コミカル, おどけた, ほのぼの, ポップでかわいい", "epic": "壮大, 英雄的, 勇壮, エピック, 雄大", "aggressive": "攻撃的, 怒り, アグレッシブ", "emotional": "感動, 感動的, エモーショナル, エモい, 感情的",
        },
        Kind.USE: {
            "cooking video": "料理, レシピ, クッキング, 料理動画", "podcast": "ポッドキャスト, ラジオ, ナレーション, 朗読, 対談", "game": "ゲーム, ゲーム用", "intro": "オープニング, イントロ, ジングル", "vlog": "旅行, 旅, ブイログ, 旅動画", "study": "勉強, 作業用, 集中, 読書, 作業, 作業用bgm", "wedding": "結婚式, 愛, ウェディング", "product": "商品, 製品, アプリ, 解説動画", "documentary": "ドキュメンタリー, 自然, 歴史", "fashion": "ファッション, 化粧品, メイク",
            "kids": "子供, 子ども, 幼児, 赤ちゃん", "advert": "広告, cm", "workout": "筋トレ, ジム, トレーニング, 運動, ワークアウト", "sleep": "睡眠, 眠れる, 安眠", "party": "パーティー, 誕生日", "presentation": "プレゼン, 発表", "stream": "配信, 配信用, 生放送", "news": "ニュース", "film": "映画, 短編映画", "shop": "レストラン, 店内, 店舗, エレベーター",
        },
        Kind.INSTRUMENT: {
            "drums": "ドラム, 太鼓, 太鼓の音, ドラムス", "percussion": "パーカッション, 打楽器", "beat": "ビート", "bass": "ベース", "double bass": "コントラバス, ウッドベース", "808": "808ベース", "piano": "ピアノ, 鍵盤", "electric piano": "エレピ, エレクトリックピアノ, ローズピアノ", "organ": "オルガン", "harpsichord": "チェンバロ, ハープシコード", "guitar": "ギター", "acoustic guitar": "アコースティックギター, アコギ", "electric guitar": "エレキギター, エレキ",
            "ukulele": "ウクレレ", "banjo": "バンジョー", "mandolin": "マンドリン", "sitar": "シタール", "strings": "ストリングス, 弦楽器, 弦楽四重奏, 弦楽", "violin": "バイオリン, ヴァイオリン", "viola": "ビオラ, ヴィオラ", "cello": "チェロ", "harp": "ハープ", "koto": "琴, 箏", "shamisen": "三味線", "pad": "パッド", "synth": "シンセ, シンセサイザー", "brass": "ブラス, 金管, ホーン", "trumpet": "トランペット", "trombone": "トロンボーン", "saxophone": "サックス, サクソフォン", "french horn": "ホルン",
            "flute": "フルート, 笛", "shakuhachi": "尺八", "whistle": "口笛", "clarinet": "クラリネット", "oboe": "オーボエ", "harmonica": "ハーモニカ", "bagpipes": "バグパイプ", "woodwinds": "木管", "choir": "合唱, コーラス, 聖歌隊, クワイア", "bells": "ベル, 鐘, 鈴", "glockenspiel": "グロッケン, 鉄琴", "celesta": "チェレスタ", "music box": "オルゴール", "vibraphone": "ビブラフォン, ヴィブラフォン", "marimba": "マリンバ", "xylophone": "木琴", "kalimba": "カリンバ", "accordion": "アコーディオン",
            "taiko": "和太鼓", "timpani": "ティンパニ", "tambourine": "タンバリン", "singing bowls": "シンギングボウル", "melody": "メロディ, メロディー, 旋律", "handpan": "ハンドパン",
        },
        Kind.TEXTURE: {"rain": "雨音, 雨の音", "vinyl": "レコードノイズ, レコードの音"}, Kind.METER: {"3/4": "ワルツ, 三拍子, 3拍子", "6/8": "子守唄, 子守歌, 8分の6拍子", "4/4": "四拍子, 4拍子"},
        Kind.PACE: {"slow": "ゆっくり, 遅い, スロー, スローテンポ", "fast": "速い, アップテンポ, 早い, 疾走感, ハイテンポ", "medium": "ミドルテンポ, 中くらいの速さ"}, Kind.QUALITY: {"minor": "短調, マイナーキー", "major": "長調, メジャーキー"},
        Kind.VOICE: {"voice": "歌手, 歌詞, ボーカル, 歌, ヴォーカル, 歌声"}, Kind.BED: {"bed": "声の下, ナレーションの下, 語りの背景"}, Kind.LOOP: {"loop": "ループ, シームレス, 繰り返し, ループ可能"},
    },
    {
        Kind.NO: "", Kind.NOT_AFTER: "禁止, なし, 無し, ナシ, 抜き, 抜いて, いらない, 要らない, 不要, 使わない, 使わず, 入れない, 入れず, ない, なく, じゃない, ではない, ではなく, すぎない, 過ぎない, 除く, 除いて, 避けて, 以外", Kind.NOT_ONLY: "だけでなく, だけではなく, かもしれない", Kind.AND: "と, や, も, および, または, か", Kind.BUT: "でも, しかし, だが, が, ただし", Kind.WITH: "入り, 入りの, 付き, 使った, 使って, 加えて", Kind.ONLY: "だけ, のみ",
        Kind.LIKE: "のような, みたいな, 風の, っぽい, 風", Kind.FIRST: "最初の, 最初, 冒頭, はじめの, 始めの, 初めの, 冒頭の", Kind.LAST: "最後の, 最後, ラスト, 終わりの", Kind.AT: "開始", Kind.BEFORE: "", Kind.FROM: "", Kind.IN: "から, 後, 後に, 後から, 以降, 目, で, 地点で, 地点, に, 経過", Kind.UNTIL_AFTER: "まで, までは, 間は, の間", Kind.THEN: "その後, それから, 次に", Kind.STARTS: "始まり, 始まる, 始まって, で始まり, スタート", Kind.ENDS: "終わり, 終わる, 終わって, エンディング",
        Kind.LENGTH: "長さ, の長さ, 尺, 程度, 以内, くらいの曲, の曲, の音楽, のbgm", Kind.ENTERS: "入る, 入って, 入れて, 加わる, 登場, 参加, が入る", Kind.LEAVES: "消える, 抜ける, 止まる", Kind.HIT: "ヒット, アクセント, 衝撃音, キメ", Kind.BUILD: "盛り上が, ビルドアップ, 高まる, クレッシェンド, だんだん大きく, 徐々に", Kind.DROP: "ドロップ", Kind.QUIET: "静か, 静かに, 小さく, 穏やか", Kind.FULL: "クライマックス, 最高潮, 大きく, フル, 激しく", Kind.STOP: "ストップ, 止まる, 無音, ブレイク, 停止, 静寂", Kind.SECTION: "",
        Kind.STOPWORD: "の, を, は, に, で, な, な感じ, 感じ, 感じの, 曲, 音楽, 用, ための, ください, お願いします, お願い, してください, 作って, 欲しい, ほしい, です, ます, 動画, 映像, 風景の, 雰囲気, 雰囲気の, テンポ, 背景, 背景音楽, シーン, の中, 系, 向け, 向けの, て, た, い, く, bgm, する, して, 的, 用の, 秒, 分, へ, ある, という, いい",
    },
)  # fmt: skip

CHINESE = Language(
    "zh",
    {
        Kind.GENRE: {
            "lofi": "低保真, lofi音乐, 学习节拍, 低傳真", "hip hop": "嘻哈, 说唱, 嘻哈音乐, 饒舌, 說唱", "trap": "陷阱音乐, 陷阱", "phonk": "飘移音乐", "house": "浩室, 舞曲, 夜店, 俱乐部, 电音舞曲", "electronic": "电子, 电子音乐, 電子, 电音, 電子音樂", "techno": "科技舞曲, 铁克诺", "trance": "迷幻舞曲, 出神音乐", "dubstep": "回响贝斯", "tropical": "热带浩室, 热带豪斯", "synthwave": "合成器浪潮, 80年代, 八十年代, 合成波, 复古合成器", "dnb": "鼓打贝斯, 鼓与贝斯, 丛林音乐",
            "funk": "放克", "disco": "迪斯科", "soul": "灵魂乐, 靈魂樂", "rnb": "节奏布鲁斯, 節奏藍調", "gospel": "福音, 福音音乐", "chiptune": "芯片音乐, 8位, 8位元, 红白机", "corporate": "企业宣传", "pop": "流行, 流行音乐, 流行樂", "k-pop": "动漫, 日系, 韩流", "folk": "民谣, 原声, 民謠, 不插电", "country": "乡村, 乡村音乐, 鄉村", "western": "西部牛仔", "celtic": "凯尔特, 爱尔兰, 凱爾特", "tavern": "中世纪, 中世紀, 吟游诗人", "jazz": "爵士, 爵士乐, 爵士樂, 摇摆乐",
            "big band": "大乐队", "lounge": "沙发音乐, 电梯音乐", "blues": "布鲁斯, 蓝调, 藍調", "bossa": "波萨诺瓦, 巴萨诺瓦, 桑巴, 巴薩諾瓦", "latin": "拉丁, 拉丁音乐", "salsa": "萨尔萨", "reggaeton": "雷鬼顿", "flamenco": "弗拉门戈, 弗拉明戈", "tango": "探戈", "reggae": "雷鬼", "piano": "钢琴独奏, 钢琴曲, 鋼琴獨奏, 钢琴小品, 鋼琴曲", "rock": "摇滚, 摇滚乐, 搖滾", "metal": "金属, 重金属, 金屬, 重金屬", "punk": "朋克", "children": "儿歌, 童谣, 儿童音乐, 兒歌", "holiday": "圣诞, 圣诞节, 聖誕", "world": "世界音乐, 部落, 民族",
            "bollywood": "宝莱坞", "arabic": "阿拉伯", "chinese": "中国风, 古风, 国风, 中國風, 古風", "japanese": "和风, 日本传统", "hawaiian": "夏威夷", "ambient": "氛围音乐, 氛围, 环境音乐, 氛圍, 環境音樂", "meditation": "冥想", "cinematic": "电影感, 电影配乐, 史诗电影, 影视配乐, 電影配樂, 電影感", "orchestral": "管弦乐, 交响乐, 交响, 古典, 古典音乐, 管弦樂, 交響樂, 管弦", "baroque": "巴洛克", "trailer": "预告片, 預告片", "march": "进行曲", "opera": "歌剧", "minimalism": "极简主义", "experimental": "实验音乐", "afrobeats": "非洲节拍", "triphop": "神游舞曲", "choral": "圣歌, 合唱曲",
        },
        Kind.SCENE: {"bossa": "海滩, 夏天, 咖啡馆, 咖啡厅, 夏日, 沙滩", "corporate": "科技, 公司, 办公室, 创业", "orchestral": "童话, 奇幻, 城堡, 魔法", "cinematic": "风景, 航拍, 日出, 山脉", "tension": "侦探, 间谍, 鬼, 悬案", "trailer": "战斗, 战争, 大战", "folk": "农场, 乡间, 秋天", "holiday": "冬天, 雪景", "ambient": "太空, 水下, 宇宙, 星空", "house": "派对, 时装秀", "synthwave": "霓虹"},
        Kind.MOOD: {
            "warm": "温暖, 温柔, 柔和, 温馨, 溫暖, 溫柔", "rainy": "雨天, 下雨, 雨夜, 雨", "sad": "悲伤, 忧伤, 伤感, 忧郁, 悲傷, 憂傷, 哀伤, 孤独, 难过", "happy": "快乐, 欢快, 开心, 愉快, 明亮, 快樂, 歡快, 喜悦, 阳光", "calm": "平静, 安静, 放松, 宁静, 舒缓, 平靜, 安靜, 放鬆, 寧靜, 轻松, 悠闲, 輕鬆", "energetic": "有活力, 激烈, 强劲, 充满能量, 动感, 激昂, 热血, 充满活力, 激情, 有力", "upbeat": "轻快, 活泼, 輕快, 活潑", "dark": "黑暗, 阴暗, 阴森, 诡异, 黑暗系, 陰暗, 阴沉, 可怕",
            "dreamy": "梦幻, 空灵, 夢幻, 空靈, 飘渺", "hopeful": "充满希望, 励志, 鼓舞人心, 积极, 希望, 勵志, 振奋", "mysterious": "神秘, 神祕, 悬疑, 懸疑", "tense": "紧张, 緊張, 紧迫", "nostalgic": "怀旧, 懷舊, 思念, 怀念", "romantic": "浪漫, 甜蜜, 深情", "playful": "俏皮, 可爱, 搞笑, 有趣, 幽默, 可愛, 调皮", "epic": "史诗, 宏大, 英雄, 史詩, 壮观, 恢弘, 宏伟, 气势磅礴", "aggressive": "愤怒, 暴力, 凶猛, 攻击性", "emotional": "感人, 情感, 感动, 煽情, 抒情, 动人",
        },
        Kind.USE: {
            "cooking video": "烹饪, 美食, 做菜, 食谱, 厨房, 烹飪", "podcast": "播客, 访谈, 旁白, 有声书, 訪談", "game": "游戏, 遊戲, 电子游戏, 手游", "intro": "片头, 开场, 片頭", "vlog": "旅行, 旅游, 旅遊, 旅行视频", "study": "学习, 读书, 专注, 工作, 學習, 自习, 看书", "wedding": "婚礼, 爱情, 婚禮", "product": "产品, 教程, 演示, 产品视频, 產品", "documentary": "纪录片, 自然, 历史, 紀錄片", "fashion": "时尚, 时装, 美妆, 時尚", "kids": "儿童, 孩子, 宝宝, 小朋友", "advert": "广告, 廣告, 宣传片", "workout": "健身, 运动, 锻炼, 跑步, 運動",
            "sleep": "睡眠, 助眠, 睡觉", "party": "派对, 生日, 派對, 聚会", "presentation": "演讲, 汇报, 幻灯片", "stream": "直播", "news": "新闻, 新聞", "film": "短片, 电影, 電影", "shop": "餐厅, 商店, 酒店, 电梯, 咖啡店",
        },
        Kind.INSTRUMENT: {
            "drums": "鼓, 鼓点, 架子鼓, 鼓声, 爵士鼓", "percussion": "打击乐, 打擊樂, 打击乐器", "beat": "节拍", "bass": "贝斯, 低音, 貝斯", "double bass": "低音提琴, 倍大提琴", "piano": "钢琴, 鋼琴, 键盘", "electric piano": "电钢琴, 電鋼琴", "organ": "管风琴, 风琴, 管風琴", "harpsichord": "羽管键琴, 大键琴", "guitar": "吉他", "acoustic guitar": "木吉他, 原声吉他, 民谣吉他", "electric guitar": "电吉他, 電吉他", "ukulele": "尤克里里, 烏克麗麗", "banjo": "班卓琴", "sitar": "西塔琴",
            "strings": "弦乐, 弦樂, 弦乐四重奏, 弦乐组", "violin": "小提琴", "viola": "中提琴", "cello": "大提琴", "harp": "竖琴, 豎琴", "erhu": "二胡", "guzheng": "古筝, 古箏", "lute": "琵琶", "flute": "长笛, 笛子, 長笛, 竹笛", "shakuhachi": "尺八", "pad": "铺底, 合成器铺底", "synth": "合成器", "brass": "铜管, 铜管乐, 銅管", "trumpet": "小号, 小號", "trombone": "长号", "french horn": "圆号", "saxophone": "萨克斯, 萨克斯风, 薩克斯風", "clarinet": "单簧管, 黑管", "oboe": "双簧管", "harmonica": "口琴", "bagpipes": "风笛", "woodwinds": "木管", "whistle": "口哨",
            "choir": "合唱, 合唱团, 人声合唱", "bells": "铃铛, 钟声, 铃声", "glockenspiel": "钟琴", "celesta": "钢片琴", "music box": "音乐盒, 八音盒, 音樂盒", "vibraphone": "颤音琴", "marimba": "马林巴", "xylophone": "木琴", "kalimba": "卡林巴, 拇指琴", "accordion": "手风琴, 手風琴", "timpani": "定音鼓", "taiko": "太鼓, 大鼓", "singing bowls": "颂钵", "melody": "旋律, 主旋律", "tambourine": "铃鼓", "handpan": "手碟",
        },
        Kind.TEXTURE: {"rain": "雨声, 雨聲", "vinyl": "黑胶噪音, 黑胶"}, Kind.METER: {"3/4": "华尔兹, 圆舞曲, 三拍, 華爾滋, 三拍子", "6/8": "摇篮曲, 八六拍", "4/4": "四拍子"}, Kind.PACE: {"slow": "缓慢, 慢速, 慢节奏, 慢, 緩慢", "fast": "快速, 快节奏, 快, 快節奏", "medium": "中速, 中等速度"}, Kind.QUALITY: {"minor": "小调, 小調", "major": "大调, 大調"},
        Kind.VOICE: {"voice": "歌手, 歌词, 人声, 演唱, 人聲, 歌詞, 唱"}, Kind.BED: {"bed": "旁白背景, 配音背景, 人声下方"}, Kind.LOOP: {"loop": "循环, 无缝, 無縫, 循環, 无缝循环"},
    },
    {
        Kind.NO: "不是, 不太, 不那么, 不够, 别太, 不要太, 别, 非, 不, 不想, 不能, 不过于", Kind.WITHOUT: "不要, 没有, 無, 无, 不带, 不用, 去掉, 不含, 避免, 不想要, 不需要, 不加, 除去, 沒有, 不要有, 不使用, 没", Kind.NOT_ONLY: "不仅, 不只, 不错, 不同, 无缝, 無縫, 不仅仅, 无版权, 无限", Kind.EXCEPT: "除了", Kind.UNLIKE: "而不是, 代替", Kind.AND: "和, 与, 及, 跟, 以及, 與, 还有", Kind.OR: "或, 或者, 也不要, 也没有, 、", Kind.BUT: "但, 但是, 不过, 而是, 要, 只要, 请用",
        Kind.WITH: "带, 加上, 加入, 有, 用, 包含, 配, 帶", Kind.ONLY: "只有, 仅, 只用, 仅有", Kind.LIKE: "像, 类似, 风格的, 类似于, 如同", Kind.FIRST: "前, 最初, 开头, 最开始, 開頭, 头", Kind.LAST: "最后, 最後, 末尾, 结尾, 最末", Kind.AT: "在, 于, 第", Kind.AFTER: "", Kind.FROM: "从, 自, 從", Kind.TO: "到, 至", Kind.BEFORE: "", Kind.IN: "后, 之后, 时, 处, 後, 以后, 处有, 開始, 开始", Kind.UNTIL_AFTER: "之前, 以前, 前", Kind.THEN: "然后, 接着, 之后再, 随后, 然後", Kind.STARTS: "开始, 开头, 開始, 起初", Kind.ENDS: "结束, 结尾, 結束, 末尾",
        Kind.LENGTH: "长, 时长, 长度, 長, 時長, 总长, 的音乐, 左右", Kind.ENTERS: "进入, 加入, 响起, 出现, 進入, 进来", Kind.LEAVES: "消失, 退出, 停止", Kind.HIT: "重击, 重音, 撞击, 强音", Kind.BUILD: "渐强, 推进, 逐渐增强, 逐渐, 递进, 高涨, 漸強, 推向", Kind.DROP: "高潮落下, 爆点", Kind.QUIET: "安静, 平静, 轻柔, 渐弱, 安靜, 柔和", Kind.FULL: "高潮, 爆发, 全力, 高潮部分, 爆發", Kind.STOP: "停顿, 静音, 停止, 沉默, 停頓, 暂停", Kind.SECTION: "",
        Kind.STOPWORD: "的, 一首, 一段, 音乐, 音樂, 背景音乐, 背景音樂, 背景, 适合, 用于, 为, 给, 我, 我的, 我们, 请, 曲子, 歌曲, 风格, 風格, 感觉, 感, 视频, 影片, 配乐, 首, 段, 一个, 是, 想要, 需要, 节奏, 速度, 调, 里, 中, 上, 很, 非常, 一点, 带有, 带点, 做, 来, 写, 生成, 制作, 曲, 秒, 分钟, 起, 了, 也, 都, 和, 氛围感, 情绪, 場景, 场景",
    },
)  # fmt: skip

KOREAN = Language(
    "ko",
    {
        Kind.GENRE: {
            "lofi": "로파이, 로우파이, 로파이 힙합, 칠합", "hip hop": "힙합, 랩", "trap": "트랩, 드릴", "phonk": "퐁크", "house": "하우스, 클럽, 댄스, 딥하우스, 클럽 음악", "electronic": "일렉트로닉, 전자음악, 전자 음악, 이디엠, 일렉트로", "techno": "테크노", "trance": "트랜스", "dubstep": "덥스텝", "tropical": "트로피컬 하우스, 트로피컬", "synthwave": "신스웨이브, 80년대, 레트로 신스", "city pop": "시티팝", "dnb": "드럼 앤 베이스, 드럼앤베이스, 정글 음악", "funk": "펑크 음악, 펑키, 훵크", "disco": "디스코", "soul": "소울", "rnb": "알앤비", "gospel": "가스펠",
            "chiptune": "칩튠, 8비트", "corporate": "비즈니스, 홍보 음악", "pop": "팝, 팝송, 팝 음악", "k-pop": "케이팝, 애니메이션, 아이돌", "folk": "포크, 어쿠스틱, 통기타", "country": "컨트리", "western": "웨스턴", "celtic": "켈트, 아일랜드, 켈틱", "tavern": "중세, 중세풍", "jazz": "재즈, 스윙, 재즈 트리오", "big band": "빅밴드", "lounge": "라운지, 엘리베이터 음악", "blues": "블루스", "bossa": "보사노바, 삼바", "latin": "라틴", "salsa": "살사", "reggaeton": "레게톤", "flamenco": "플라멩코, 플라멩고", "tango": "탱고", "reggae": "레게",
            "piano": "피아노 솔로, 솔로 피아노, 피아노 연주곡, 피아노곡", "rock": "록, 락, 인디록, 록 음악, 락 음악", "metal": "메탈, 헤비메탈", "punk": "펑크록, 펑크 록", "children": "동요, 어린이 음악", "holiday": "크리스마스, 캐럴, 성탄절, 캐롤", "world": "월드뮤직, 월드 뮤직, 민속", "bollywood": "발리우드", "arabic": "아랍", "chinese": "중국풍", "japanese": "일본풍", "ambient": "앰비언트, 엠비언트, 환경음악, 앰비언트 음악", "meditation": "명상", "cinematic": "시네마틱, 영화음악, 영화 음악, 영화 같은",
            "orchestral": "오케스트라, 교향곡, 클래식, 관현악, 오케스트라 음악", "baroque": "바로크", "trailer": "예고편, 트레일러", "march": "행진곡", "afrobeats": "아프로비트", "triphop": "트립합", "hyperpop": "하이퍼팝", "choral": "성가, 찬송가",
        },
        Kind.SCENE: {"bossa": "해변, 여름, 카페, 바닷가", "corporate": "회사, 기술, 사무실, 스타트업", "orchestral": "동화, 판타지, 마법", "cinematic": "풍경, 드론 영상, 일출", "tension": "탐정, 유령, 스파이", "trailer": "전투, 전쟁, 보스전", "folk": "시골, 캠핑, 가을", "holiday": "겨울, 눈 오는", "ambient": "우주, 바닷속, 별빛", "house": "파티, 패션쇼", "synthwave": "네온"},
        Kind.MOOD: {
            "warm": "따뜻한, 따뜻하, 부드러운, 포근한, 감미로운, 따스한", "rainy": "비 오는, 비오는, 빗속, 비 내리는", "sad": "슬픈, 슬프, 우울한, 쓸쓸한, 애절한, 외로운, 구슬픈", "happy": "행복한, 즐거운, 기쁜, 밝은, 신나고 밝은, 유쾌한", "calm": "차분한, 조용한, 잔잔한, 편안한, 평화로운, 느긋한, 고요한, 평온한", "energetic": "강렬한, 에너지 넘치는, 힘찬, 역동적인, 강력한, 신나는, 활기찬, 에너제틱", "upbeat": "경쾌한, 발랄한, 생기 있는, 흥겨운", "dark": "어두운, 어둡, 음산한, 무서운, 음침한, 섬뜩한, 으스스한",
            "dreamy": "몽환적인, 꿈같은, 몽환적, 환상적인", "hopeful": "희망찬, 희망적인, 희망, 영감을 주는, 긍정적인, 동기부여", "mysterious": "신비로운, 미스터리한, 신비한", "tense": "긴장감, 긴박한, 긴장되는, 긴장감 넘치는", "nostalgic": "그리운, 향수, 추억, 노스탤지어", "romantic": "로맨틱한, 로맨틱, 낭만적인, 사랑스러운, 달콤한", "playful": "귀여운, 장난스러운, 재미있는, 익살스러운, 재밌는", "epic": "웅장한, 장엄한, 영웅적인, 서사적인, 에픽", "aggressive": "공격적인, 분노, 거친", "emotional": "감동적인, 감성적인, 감동, 감성",
        },
        Kind.USE: {
            "cooking video": "요리, 레시피, 주방, 먹방", "podcast": "팟캐스트, 인터뷰, 내레이션, 오디오북, 라디오", "game": "게임, 게임용", "intro": "오프닝, 인트로", "vlog": "브이로그, 여행, 휴가", "study": "공부, 집중, 독서, 작업용, 공부용", "wedding": "결혼식, 사랑, 웨딩, 결혼", "product": "제품, 앱, 튜토리얼, 제품 소개", "documentary": "다큐멘터리, 자연, 역사, 다큐", "fashion": "패션, 뷰티, 화장품", "kids": "어린이, 아이들, 유아, 아기, 키즈", "advert": "광고, 홍보", "workout": "운동, 헬스, 헬스장, 러닝, 트레이닝",
            "sleep": "수면, 잠잘 때, 숙면", "party": "파티, 생일", "presentation": "발표, 프레젠테이션", "stream": "방송, 라이브 방송, 스트리밍", "news": "뉴스", "film": "단편 영화, 영화", "shop": "레스토랑, 매장, 호텔, 엘리베이터",
        },
        Kind.INSTRUMENT: {
            "drums": "드럼, 북소리", "percussion": "퍼커션, 타악기", "beat": "비트", "bass": "베이스", "double bass": "콘트라베이스, 더블베이스, 더블 베이스", "piano": "피아노, 건반", "electric piano": "일렉트릭 피아노, 전자 피아노", "organ": "오르간", "harpsichord": "하프시코드, 쳄발로", "guitar": "기타", "acoustic guitar": "어쿠스틱 기타", "electric guitar": "일렉 기타, 일렉기타, 전자 기타, 일렉트릭 기타", "ukulele": "우쿨렐레", "strings": "현악기, 스트링, 현악, 현악 사중주", "violin": "바이올린", "viola": "비올라", "cello": "첼로",
            "harp": "하프", "pad": "패드", "synth": "신스, 신디사이저, 신시사이저", "brass": "브라스, 금관, 금관악기", "trumpet": "트럼펫", "trombone": "트롬본", "saxophone": "색소폰", "french horn": "호른", "flute": "플루트, 피리", "whistle": "휘파람", "clarinet": "클라리넷", "oboe": "오보에", "harmonica": "하모니카", "bagpipes": "백파이프", "woodwinds": "목관, 목관악기", "choir": "합창, 합창단, 코러스", "bells": "종소리, 벨", "glockenspiel": "글로켄슈필, 실로폰 소리", "celesta": "첼레스타", "music box": "오르골, 뮤직박스", "vibraphone": "비브라폰", "marimba": "마림바", "xylophone": "실로폰",
            "kalimba": "칼림바", "accordion": "아코디언", "zither": "가야금, 거문고", "timpani": "팀파니", "taiko": "타이코, 큰북", "tambourine": "탬버린", "singing bowls": "싱잉볼", "melody": "멜로디, 선율",
        },
        Kind.TEXTURE: {"rain": "빗소리, 비 소리, 빗소리가", "vinyl": "레코드 잡음, 바이닐 노이즈"}, Kind.METER: {"3/4": "왈츠, 3박자", "6/8": "자장가, 8분의 6박자", "4/4": "4박자"}, Kind.PACE: {"slow": "느린, 천천히, 느리게", "fast": "빠른, 빠르게, 빠른 템포", "medium": "중간 템포, 보통 빠르기"}, Kind.QUALITY: {"minor": "단조", "major": "장조"},
        Kind.VOICE: {"voice": "가수, 가사, 보컬, 노래하는, 목소리"}, Kind.BED: {"bed": "내레이션 배경, 목소리 아래"}, Kind.LOOP: {"loop": "루프, 반복, 끊김 없는, 무한 반복, 심리스"},
    },
    {
        Kind.NO: "", Kind.NOT_AFTER: "없이, 없는, 없음, 빼고, 제외, 제외하고, 말고, 않은, 않게, 아닌, 빼 주세요, 빼줘, 빼주세요, 없앤, 않고, 금지, 없어, 넣지, 쓰지, 않", Kind.NOT_ONLY: "뿐만 아니라, 끊김 없이, 끊김없이", Kind.AND: "와, 과, 랑, 이랑, 하고, 및", Kind.OR: "이나, 또는", Kind.BUT: "하지만, 그러나, 대신, 지만", Kind.WITH: "있는, 들어간, 넣어, 추가, 포함", Kind.ONLY: "만, 오직", Kind.LIKE: "처럼, 같은, 풍의, 풍, 스타일", Kind.FIRST: "처음, 첫, 초반, 시작 후", Kind.LAST: "마지막, 끝, 후반",
        Kind.AT: "", Kind.IN: "에서, 부터, 후, 뒤, 지점, 후에, 에, 쯤, 이후", Kind.UNTIL_AFTER: "까지, 동안, 간은", Kind.FROM: "", Kind.TO: "", Kind.THEN: "그다음, 그 후, 이어서, 그리고", Kind.STARTS: "시작, 시작하고, 시작해서", Kind.ENDS: "끝나, 끝나고, 엔딩", Kind.LENGTH: "길이, 길이의, 짜리, 분량, 정도, 의 음악", Kind.ENTERS: "들어오, 들어와, 등장, 들어가", Kind.LEAVES: "사라지, 빠지", Kind.HIT: "히트, 강타, 임팩트, 액센트", Kind.BUILD: "고조, 빌드업, 점점 커지, 점점, 상승", Kind.DROP: "드롭",
        Kind.QUIET: "조용히, 조용하게, 잔잔하게, 조용한, 잔잔한", Kind.FULL: "절정, 클라이맥스, 폭발, 크게", Kind.STOP: "멈춤, 정지, 침묵, 멈추", Kind.SECTION: "",
        Kind.STOPWORD: "을, 를, 이, 가, 은, 는, 의, 에, 로, 으로, 도, 한, 하는, 위한, 용, 음악, 곡, 배경, 배경음악, 배경 음악, 노래, 분위기, 분위기의, 느낌, 느낌의, 스타일의, 만들어, 주세요, 해주세요, 만들어줘, 만들어주세요, 부탁, 영상, 비디오, 템포, 좀, 좋은, 그리고, 및, 초, 분, 하게, 적인, 인, 들, 다, 요, 장면",
    },
)  # fmt: skip
