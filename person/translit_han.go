package person

import (
	"strings"
	"sync"
)

// hanReadings gives the pinyin (ISO 7098, GB/T 28039) of characters that are
// common in Chinese names, simplified and traditional. It is a modest table
// written for comparing names, not a dictionary: one reading for a character,
// the one usual in names, and no Cantonese, Korean or Japanese readings.
const hanReadings = `
A 阿|AI 艾爱愛|AN 安|AO 敖傲|BA 巴|BAI 白柏百|BAN 班|BAO 包保宝寶鲍鮑|BEI 贝貝北|BI 毕畢碧|BIAN 边邊卞|BIN 斌彬宾賓滨|BING 冰兵炳|BO 波博伯|BU 卜步布
CAI 蔡才彩|CAO 曹操|CEN 岑|CHA 查|CHAI 柴|CHANG 常昌长長畅暢|CHAO 超潮朝|CHE 车車|CHEN 陈陳晨辰臣|CHENG 程成城诚誠|CHI 池|CHONG 崇|CHU 楚褚储|CHUAN 川传|CHUN 春纯純|CONG 聪聰丛
CUI 崔翠|DA 达達大|DAI 戴代|DAN 丹|DAO 道|DE 德|DENG 邓鄧登|DI 迪狄|DIAN 典|DIE 蝶|DING 丁定|DONG 董东東冬栋棟|DOU 窦竇|DU 杜都|DUAN 段端|DUO 多
EN 恩|ER 尔爾|FA 发發法|FAN 范範樊凡帆|FANG 方房芳|FEI 费費飞飛菲|FEN 芬|FENG 冯馮丰凤鳳峰锋鋒风豐|FU 付傅符福富甫|GAN 甘干|GANG 刚剛钢鋼|GAO 高|GE 葛戈格|GENG 耿|GONG 龚龔宫宮公|GU 顾顧古谷
GUAN 关關管冠|GUANG 光广廣|GUI 桂贵貴|GUO 郭国國果|HA 哈|HAI 海|HAN 韩韓汉漢涵寒|HANG 航杭|HAO 郝浩豪昊好|HE 何贺賀和鹤鶴荷|HENG 恒恆亨|HONG 洪红紅宏鸿鴻虹|HOU 侯|HU 胡虎湖|HUA 华華花化
HUAI 怀懷|HUAN 欢歡焕煥环環|HUANG 黄黃煌|HUI 惠慧辉輝晖会會|HUO 霍|JI 季纪紀吉继繼姬济基|JIA 贾賈佳家嘉甲|JIAN 简簡建健坚剑劍|JIANG 江姜蒋蔣|JIAO 焦娇嬌|JIE 杰傑洁潔捷|JIN 金晋晉进進锦錦近
JING 靖静靜京晶景敬晶菁|JIU 久|JU 菊居巨|JUAN 娟|JUE 觉|JUN 军軍君俊钧鈞峻|KAI 凯凱开開|KANG 康|KE 柯可克科|KONG 孔|KUAN 宽|KUANG 邝鄺匡|KUI 奎葵|KUN 坤昆|LAI 赖賴来來|LAN 兰蘭蓝藍岚|LANG 郎朗
LE 乐樂|LEI 雷蕾磊|LENG 冷|LI 李力丽麗利立莉黎理礼禮厉|LIAN 连連莲蓮廉|LIANG 梁良亮|LIAO 廖|LIE 烈|LIN 林琳麟霖临|LING 凌玲灵靈岭|LIU 刘劉柳流|LONG 龙龍隆|LOU 娄婁楼|LU 卢盧陆陸鲁魯路露璐|LUAN 栾
LUN 伦倫|LUO 罗羅洛骆駱|LV 吕呂绿|MA 马馬|MAI 麦麥|MAN 满曼|MAO 毛茂|MEI 梅美|MENG 孟蒙梦夢萌|MI 米|MIAN 绵|MIAO 苗妙|MIN 闵閔敏民|MING 明鸣鳴铭銘|MO 莫墨|MOU 牟|MU 穆木牧沐慕|NA 娜那|NAN 南楠
NI 倪妮|NIAN 年|NIE 聂聶|NING 宁寧凝|NIU 牛|OU 欧歐|OUYANG |PAN 潘盘|PANG 庞龐|PEI 裴培佩|PENG 彭鹏鵬|PI 皮|PING 平萍|PU 蒲浦朴|QI 齐齊戚琪祺琦启啟奇旗|QIAN 钱錢倩谦謙千|QIANG 强強|QIAO 乔喬巧
QIN 秦勤琴钦欽|QING 青清庆慶晴卿|QIU 邱丘秋求裘|QU 曲屈瞿|QUAN 全泉权權|RAN 冉然|RAO 饶|REN 任人仁|RONG 荣榮容蓉融戎|RU 茹如|RUAN 阮|RUI 瑞锐睿蕊芮|RUN 润潤|SEN 森|SHA 沙莎|SHAN 山珊单善|SHANG 尚上商
SHAO 邵少绍紹|SHE 佘|SHEN 沈申深慎|SHENG 盛胜勝生声|SHI 石史施时時世士诗詩|SHOU 寿壽|SHU 舒淑书書树樹|SHUAI 帅帥|SHUANG 双雙爽|SHUN 顺順舜|SI 司思斯四|SONG 宋松颂|SU 苏蘇素|SUI 隋|SUN 孙孫
TAI 泰太台|TAN 谭譚谈谈覃|TANG 唐汤湯棠|TAO 陶涛濤桃|TENG 滕腾騰|TIAN 田天甜|TIE 铁鐵|TING 婷廷庭亭|TONG 童佟同彤桐|TU 涂屠图|WAN 万萬婉|WANG 王汪旺望|WEI 魏韦韋伟偉卫衛威薇巍维維为為|WEN 文温溫闻雯
WENG 翁|WU 吴吳武伍邬五午|XI 习習席西希喜熙溪|XIA 夏霞侠|XIAN 先贤賢显冼宪|XIANG 向项項祥翔香湘想|XIAO 肖萧蕭小晓曉孝笑|XIE 谢謝解协|XIN 辛新心欣鑫信昕|XING 邢兴興星杏行|XIONG 熊雄|XIU 秀修
XU 徐许許旭续|XUAN 宣轩軒萱玄|XUE 薛雪学學|XUN 荀勋迅|YA 亚亞雅娅|YAN 严嚴颜顏闫閻燕岩艳彦言妍炎|YANG 杨楊阳陽洋扬羊央|YAO 姚尧耀瑶|YE 叶葉业野烨|YI 易伊义義一艺怡依毅宜仪亦逸益
YIN 殷尹银銀因音阴|YING 应應英颖穎莹盈迎|YONG 永勇雍泳|YOU 尤游友有|YU 于余俞喻玉宇雨育羽瑜郁禹虞裕煜|YUAN 袁元原源远遠媛苑圆|YUE 岳月悦越玥|YUN 云雲允芸韵运|ZAN 赞|ZE 泽澤|ZENG 曾
ZHAI 翟|ZHAN 詹展占|ZHANG 张張章彰|ZHAO 赵趙昭兆|ZHE 哲|ZHEN 甄珍真振贞镇震|ZHENG 郑鄭正政征铮|ZHI 志智治芝之直植|ZHONG 钟鐘鍾仲忠中重|ZHOU 周舟州|ZHU 朱祝竹珠柱|ZHUANG 庄莊壮|ZHUO 卓|ZI 子紫梓资
ZONG 宗|ZOU 邹鄒|ZU 祖|ZUO 左
`

var hanTable = sync.OnceValue(func() map[rune]string {
	m := make(map[rune]string, 900)
	for _, group := range strings.FieldsFunc(hanReadings, func(r rune) bool { return r == '|' || r == '\n' }) {
		reading, characters, _ := strings.Cut(group, " ")
		for _, r := range characters {
			if _, known := m[r]; !known {
				m[r] = reading
			}
		}
	}
	return m
})

// hanReading returns the pinyin of a character, or "" when the table lacks it.
func hanReading(r rune) string { return hanTable()[r] }
