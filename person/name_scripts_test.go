package person

import (
	"strings"
	"testing"
)

// Figures of world politics as the press of several countries writes them. The
// first column is the Latin form, the others are that name in other scripts. No
// row of the case file was used.
const namesInScripts = `
Barack Obama|Барак Обама|باراك أوباما|Μπαράκ Ομπάμα|ბარაკ ობამა|ברק אובמה|बराक ओबामा|버락 오바마|Բարաք Օբամա|బరాక్ ఒబామా
Vladimir Putin|Володимир Путін|فلاديمير بوتين|Βλαντίμιρ Πούτιν|ვლადიმერ პუტინი|ולדימיר פוטין|व्लादिमीर पुतिन|블라디미르 푸틴|Վլադիմիր Պուտին|ウラジーミル・プーチン
Angela Merkel|Ангела Меркель|أنغيلا ميركل|Άνγκελα Μέρκελ|ანგელა მერკელი|אנגלה מרקל|एंजेला मर्केल|앙겔라 메르켈|Անգելա Մերկել|アンゲラ・メルケル
Donald Trump|Дональд Трамп|دونالد ترامب|Ντόναλντ Τραμπ|დონალდ ტრამპი|דונלד טראמפ|डोनाल्ड ट्रम्प|도널드 트럼프|Դոնալդ Թրամփ|ドナルド・トランプ
Emmanuel Macron|Эмманюэль Макрон|إيمانويل ماكرون|Εμανουέλ Μακρόν|ემანუელ მაკრონი|עמנואל מקרון|इमैनुएल मैक्रों|에마뉘엘 마크롱|Էմանուել Մակրոն|エマニュエル・マクロン
Boris Johnson|Борис Джонсон|بوريس جونسون|Μπόρις Τζόνσον|ბორის ჯონსონი|בוריס ג'ונסון|बोरिस जॉनसन|보리스 존슨|Բորիս Ջոնսոն|ボリス・ジョンソン
Narendra Modi|Нарендра Моди|ناريندرا مودي|Ναρέντρα Μόντι|ნარენდრა მოდი|נרנדרה מודי|नरेन्द्र मोदी|나렌드라 모디|Նարենդրա Մոդի|ナレンドラ・モディ
Nelson Mandela|Нельсон Мандела|نيلسون مانديلا|Νέλσον Μαντέλα|ნელსონ მანდელა|נלסון מנדלה|नेल्सन मंडेला|넬슨 만델라|Նելսոն Մանդելա|ネルソン・マンデラ
Pedro Sánchez|Педро Санчес|بيدرو سانشيز|Πέδρο Σάντσεθ|პედრო სანჩესი|פדרו סאנצ'ס|पेद्रो सांचेज़|페드로 산체스|Պեդրո Սանչես|ペドロ・サンチェス
Mahatma Gandhi|Махатма Ганди|مهاتما غاندي|Μαχάτμα Γκάντι|მაჰათმა განდი|מהטמה גנדי|महात्मा गांधी|마하트마 간디|Մահաթմա Գանդի|マハトマ・ガンディー
Hosni Mubarak|Хосни Мубарак|حسني مبارك|Χόσνι Μουμπάρακ|ჰოსნი მუბარაქი|חוסני מובארק|होस्नी मुबारक|호스니 무바라크|Հոսնի Մուբարաք|ホスニー・ムバーラク
Saddam Hussein|Саддам Хусейн|صدام حسين|Σαντάμ Χουσεΐν|სადამ ჰუსეინი|סדאם חוסיין|सद्दाम हुसैन|사담 후세인|Սադամ Հուսեյն|サッダーム・フセイン
Mustafa Kemal|Мустафа Кемаль|مصطفى كمال|Μουσταφά Κεμάλ|მუსტაფა ქემალი|מוסטפא כמאל|मुस्तफ़ा कमाल|무스타파 케말|Մուստաֆա Քեմալ|ムスタファ・ケマル
`

// Names in ten scripts are found under their Latin form and not under each
// other's. EES-035.
func TestTransliterationOnHeldOutScripts(t *testing.T) {
	var rows [][]string
	for line := range strings.Lines(strings.TrimSpace(namesInScripts)) {
		rows = append(rows, strings.Split(strings.TrimSpace(line), "|"))
	}
	var found, pairs, wrong, others int
	byColumn := map[int]int{}
	for i, row := range rows {
		for col, foreign := range row[1:] {
			pairs++
			if m := ByTransliteration.Compare(row[0], foreign); m.Verdict == Similar {
				found++
				byColumn[col]++
			} else {
				t.Logf("%s / %s (%s): %s %.2f %v", row[0], foreign, Transliterate(foreign, ""), m.Verdict, m.Score, m.Why)
			}
			for k, other := range rows {
				if k == i {
					continue
				}
				others++
				if m := ByTransliteration.Compare(other[0], foreign); m.Verdict != Different {
					wrong++
					t.Logf("wrongly %s / %s: %.2f %v", other[0], foreign, m.Score, m.Why)
				}
			}
		}
	}
	t.Logf("found %d of %d by script %v, wrongly %d of %d", found, pairs, byColumn, wrong, others)
	if found*100 < pairs*95 || wrong*500 > others {
		t.Errorf("found %d of %d, wrongly %d of %d", found, pairs, wrong, others)
	}
}

// Han characters go by the pinyin table; without a reading nothing is claimed.
func TestTransliterationOfHan(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want Verdict
	}{
		{"Mao Zedong", "毛泽东", Similar}, {"Deng Xiaoping", "鄧小平", Similar}, {"Xiaoping Deng", "邓小平", Similar},
		{"Wang Wei", "王伟", Similar}, {"Lu Xun", "鲁迅", Similar}, {"Wang Wei", "李明", Different}, {"Zhang Min", "王敏", Different},
		{"Wang Wei", "王龘", Different}, {"王龘", "王", Different}, {"龘 王", "王 龘", Same}, {"𐎠𐎼𐎹𐎠", "𐎠𐎼𐎹𐎣", Different},
	} {
		if m := ByTransliteration.Compare(c.a, c.b); m.Verdict != c.want {
			t.Errorf("%s / %s: %+v", c.a, c.b, m)
		}
	}
}

// Names of several scripts against the MRZ of their documents: the printed name
// and its name field are the same, a cut field is similar, another person's is
// different. The fields come from MRZNameField, in every language and width.
func TestICAOOnComposedFields(t *testing.T) {
	names := []Name{
		{"Müller-Lüdenscheidt", "Jürgen Börge"}, {"Åström", "Bjørn Þór"}, {"Núñez Ibáñez", "Íñigo"}, {"O’Connor", "Siobhán Enya"},
		{"Łukasiewicz", "Żaneta"}, {"Čapek", "Jiří"}, {"Őry", "Ödön"}, {"Ölçer", "Gülşah Işıl"}, {"Щербаков", "Юрий Хайрулович"},
		{"Гриценко", "Їжакевич Єва"}, {"Ђорђевић", "Живко Хаџић"}, {"الرازي", "ابو بكر محمد"}, {"نعيمة", "جميلة"}, {"Papadopoulos-Oikonomou", "Konstantinos Aristotelis"},
	}
	for i, n := range names {
		for _, language := range []string{"", "uk", "be", "bg", "mk", "sr"} {
			for _, width := range []int{MRZNameWidthTD1, MRZNameWidthTD2, MRZNameWidthTD3} {
				field, cut := n.MRZ(language, width)
				m := ByICAO.Compare(n.String(), field)
				want := Same
				if cut {
					want = Similar
				}
				if m.Verdict != want && !(cut && m.Verdict == Same) {
					t.Errorf("%s / %s: %s %v, want %s", n, field, m.Verdict, m.Why, want)
				}
				other := names[(i+1)%len(names)]
				if m := ByICAO.Compare(other.String(), field); m.Verdict != Different {
					t.Errorf("%s / %s: %s %v", other, field, m.Verdict, m.Why)
				}
			}
		}
	}
}

// A short component is no cut one unless the field is full: LI does not become
// LIANG.
func TestICAOCutsOnlyAFullField(t *testing.T) {
	for _, c := range []struct {
		printed, field string
		want           Verdict
	}{
		{"LIANG, WEI", "LI<<WEI<<<<<<<<<<<<<<<<<<<<<<<", Different},
		{"LIANG, WEI", "LI<<WEI", Different},
		{"BENNELONG WOOLOOMOOLOO WARRANDYTE, DINGO POTOROO", "BENNEL<WOOLOO<WARRAN<<DINGO<POTOROO", Different},
		{"BENNELONG WOOLOOMOOLOO WARRANDYTE, DINGO POTOROO", "BENNELONG<WOOLOOM<WARRAN<<DINGO", Similar},
		{"BENNELONG WOOLOOMOOLOO WARRANDYTE, DINGO POTOROO", "BENNELONG<WOOLOOM<WARRAN<<CONGO", Different},
		{"MUELLER, EVA", "MULLER<<EVA<<<<<<<<<<<<<<<<<<<", Similar},
		{"SMITH, EVA", "SMITH<<IDA<<<<<<<<<<<<<<<<<<<<", Different},
	} {
		if m := ByICAO.Compare(c.printed, c.field); m.Verdict != c.want {
			t.Errorf("%s / %s: %s %v, want %s", c.printed, c.field, m.Verdict, m.Why, c.want)
		}
	}
}
