package desk

import "limen/web"

// phrases are all the words of the traveller's page in one language. A test
// holds that no language lacks one.
type phrases struct {
	web.Language

	Title, Intro, Document, DocumentType, Passport, IdentityCard, Number, NumberHint, Issuer, Choose string
	Journey, Destination, Entry, EntryHint, Exit, ExitHint, Optional, Ask                            string
	Result, Yes, No, Unknown, DaysLeft, CountedFrom, FromEntry, FromToday, Earlier, AsOf             string
	NoDecision, Again, Privacy, Languages, Wrong                                                     string

	// Errors say what to mend, by the code of the refusal.
	Errors errorPhrases
}

type errorPhrases struct {
	Number, Issuer, Destination, Elsewhere, EntryPast, EntryFar, ExitBefore, ExitFar, Day, TooMany, Unavailable, Other string
}

// languages are the languages of the traveller's page, the default first.
var languages = []phrases{english, french, german, spanish, polish, arabic}

var english = phrases{
	Language: web.English,
	Title:    "How many days may I stay?",
	Intro:    "For travellers from outside the European Union on a short stay: at most 90 days in any 180.",
	Document: "Your travel document", DocumentType: "Kind of document", Passport: "Passport", IdentityCard: "Identity card",
	Number: "Number of the document", NumberHint: "As printed, letters and digits.", Issuer: "Country that issued it", Choose: "Choose",
	Journey: "Your journey", Destination: "Country of destination", Entry: "Day of entry",
	EntryHint: "Leave it out to count from today (Central European Time).", Exit: "Day of exit", ExitHint: "The last day of your stay. Both days count.",
	Optional: "optional", Ask: "Ask",
	Result: "Answer", Yes: "OK", No: "NOT OK", Unknown: "Not available",
	DaysLeft: "Days left:", CountedFrom: "Counted from", FromEntry: "the day of entry you gave", FromToday: "the day you asked; you gave no day of entry",
	Earlier: "Stays before the system was in full use are not known to it. Take their days off yourself.", AsOf: "The data are complete up to",
	NoDecision: "This is no decision on entry. The border guard decides, on all conditions.", Again: "Ask again",
	Privacy: "No name is asked. The answer does not tell whether the document is known.", Languages: "Languages",
	Wrong: "Please put this right:",
	Errors: errorPhrases{Number: "Type the number as it is printed on the document.", Issuer: "Choose the country that issued the document.",
		Destination: "Choose the country of destination.", Elsewhere: "This country does not take part in the system: days there are not counted.",
		EntryPast: "The day of entry lies in the past.", EntryFar: "The day of entry lies too far ahead.", ExitBefore: "The day of exit lies before the day of entry.",
		ExitFar: "The day of exit lies too far ahead.", Day: "Type the day as year-month-day, for example 2026-05-01.",
		TooMany: "Too many questions. Wait a few minutes and ask again.", Unavailable: "The service has no current data. Ask again later.",
		Other: "The question could not be answered. Check what you typed."},
}

var french = phrases{
	Language: web.Language{Tag: "fr", Name: "français", Skip: "Aller au contenu", Demo: "Démonstration.",
		DemoWarning: "Tous les voyageurs, agents et documents sont inventés. Rien de ce que vous faites ici n’a d’effet ailleurs.",
		Notice:      "Limen est un projet indépendant et non un service de l’Union européenne.", Request: "Demande", Reference: "Référence de l’API"},
	Title:    "Combien de jours puis-je rester ?",
	Intro:    "Pour les voyageurs de pays hors de l’Union européenne en court séjour : 90 jours au plus sur toute période de 180 jours.",
	Document: "Votre document de voyage", DocumentType: "Type de document", Passport: "Passeport", IdentityCard: "Carte d’identité",
	Number: "Numéro du document", NumberHint: "Tel qu’imprimé, lettres et chiffres.", Issuer: "Pays de délivrance", Choose: "Choisir",
	Journey: "Votre voyage", Destination: "Pays de destination", Entry: "Jour d’entrée",
	EntryHint: "Laissez vide pour compter à partir d’aujourd’hui (heure d’Europe centrale).", Exit: "Jour de sortie", ExitHint: "Le dernier jour du séjour. Les deux jours comptent.",
	Optional: "facultatif", Ask: "Demander",
	Result: "Réponse", Yes: "OK", No: "PAS OK", Unknown: "Non disponible",
	DaysLeft: "Jours restants :", CountedFrom: "Compté à partir du", FromEntry: "jour d’entrée que vous avez indiqué", FromToday: "jour de la demande ; vous n’avez pas indiqué de jour d’entrée",
	Earlier: "Les séjours antérieurs à la pleine utilisation du système ne lui sont pas connus. Déduisez-en les jours vous-même.", AsOf: "Les données sont complètes jusqu’au",
	NoDecision: "Ceci n’est pas une décision d’entrée. Le garde-frontière décide, au vu de toutes les conditions.", Again: "Nouvelle demande",
	Privacy: "Aucun nom n’est demandé. La réponse ne révèle pas si le document est connu.", Languages: "Langues",
	Wrong: "À corriger :",
	Errors: errorPhrases{Number: "Saisissez le numéro tel qu’il est imprimé sur le document.", Issuer: "Choisissez le pays qui a délivré le document.",
		Destination: "Choisissez le pays de destination.", Elsewhere: "Ce pays ne participe pas au système : les jours n’y sont pas comptés.",
		EntryPast: "Le jour d’entrée est passé.", EntryFar: "Le jour d’entrée est trop éloigné.", ExitBefore: "Le jour de sortie précède le jour d’entrée.",
		ExitFar: "Le jour de sortie est trop éloigné.", Day: "Saisissez le jour sous la forme année-mois-jour, par exemple 2026-05-01.",
		TooMany: "Trop de demandes. Attendez quelques minutes puis réessayez.", Unavailable: "Le service n’a pas de données à jour. Réessayez plus tard.",
		Other: "Il n’a pas été possible de répondre. Vérifiez votre saisie."},
}

var german = phrases{
	Language: web.Language{Tag: "de", Name: "Deutsch", Skip: "Zum Inhalt springen", Demo: "Vorführung.",
		DemoWarning: "Alle Reisenden, Beamten und Dokumente sind erfunden. Was Sie hier tun, wirkt sich nirgendwo sonst aus.",
		Notice:      "Limen ist ein unabhängiges Projekt und kein Dienst der Europäischen Union.", Request: "Anfrage", Reference: "API-Referenz"},
	Title:    "Wie viele Tage darf ich bleiben?",
	Intro:    "Für Reisende von außerhalb der Europäischen Union bei einem Kurzaufenthalt: höchstens 90 Tage in jedem Zeitraum von 180 Tagen.",
	Document: "Ihr Reisedokument", DocumentType: "Art des Dokuments", Passport: "Reisepass", IdentityCard: "Personalausweis",
	Number: "Nummer des Dokuments", NumberHint: "Wie gedruckt, Buchstaben und Ziffern.", Issuer: "Ausstellender Staat", Choose: "Bitte wählen",
	Journey: "Ihre Reise", Destination: "Zielstaat", Entry: "Tag der Einreise",
	EntryHint: "Leer lassen, um ab heute zu zählen (mitteleuropäische Zeit).", Exit: "Tag der Ausreise", ExitHint: "Der letzte Tag des Aufenthalts. Beide Tage zählen.",
	Optional: "freiwillig", Ask: "Fragen",
	Result: "Antwort", Yes: "OK", No: "NICHT OK", Unknown: "Nicht verfügbar",
	DaysLeft: "Verbleibende Tage:", CountedFrom: "Gezählt ab", FromEntry: "dem angegebenen Tag der Einreise", FromToday: "dem Tag der Frage; ein Tag der Einreise wurde nicht angegeben",
	Earlier: "Aufenthalte vor dem vollen Betrieb kennt das System nicht. Ziehen Sie deren Tage selbst ab.", AsOf: "Die Daten sind vollständig bis",
	NoDecision: "Dies ist keine Entscheidung über die Einreise. Der Grenzbeamte entscheidet nach allen Voraussetzungen.", Again: "Neue Frage",
	Privacy: "Es wird kein Name erfragt. Die Antwort verrät nicht, ob das Dokument bekannt ist.", Languages: "Sprachen",
	Wrong: "Bitte berichtigen:",
	Errors: errorPhrases{Number: "Geben Sie die Nummer so ein, wie sie auf dem Dokument steht.", Issuer: "Wählen Sie den Staat, der das Dokument ausgestellt hat.",
		Destination: "Wählen Sie den Zielstaat.", Elsewhere: "Dieser Staat nimmt am System nicht teil: Tage dort werden nicht gezählt.",
		EntryPast: "Der Tag der Einreise ist vorbei.", EntryFar: "Der Tag der Einreise liegt zu weit in der Zukunft.", ExitBefore: "Der Tag der Ausreise liegt vor dem Tag der Einreise.",
		ExitFar: "Der Tag der Ausreise liegt zu weit in der Zukunft.", Day: "Geben Sie den Tag als Jahr-Monat-Tag ein, zum Beispiel 2026-05-01.",
		TooMany: "Zu viele Fragen. Warten Sie einige Minuten und fragen Sie dann erneut.", Unavailable: "Der Dienst hat keine aktuellen Daten. Fragen Sie später erneut.",
		Other: "Die Frage konnte nicht beantwortet werden. Prüfen Sie Ihre Eingaben."},
}

var spanish = phrases{
	Language: web.Language{Tag: "es", Name: "español", Skip: "Ir al contenido", Demo: "Demostración.",
		DemoWarning: "Todos los viajeros, agentes y documentos son inventados. Nada de lo que haga aquí tiene efecto en otro lugar.",
		Notice:      "Limen es un proyecto independiente y no un servicio de la Unión Europea.", Request: "Solicitud", Reference: "Referencia de la API"},
	Title:    "¿Cuántos días puedo quedarme?",
	Intro:    "Para viajeros de fuera de la Unión Europea en estancia de corta duración: como máximo 90 días en cualquier período de 180.",
	Document: "Su documento de viaje", DocumentType: "Tipo de documento", Passport: "Pasaporte", IdentityCard: "Documento de identidad",
	Number: "Número del documento", NumberHint: "Tal como está impreso, letras y cifras.", Issuer: "País que lo expidió", Choose: "Elegir",
	Journey: "Su viaje", Destination: "País de destino", Entry: "Día de entrada",
	EntryHint: "Déjelo vacío para contar desde hoy (hora de Europa central).", Exit: "Día de salida", ExitHint: "El último día de la estancia. Cuentan ambos días.",
	Optional: "opcional", Ask: "Consultar",
	Result: "Respuesta", Yes: "OK", No: "NO OK", Unknown: "No disponible",
	DaysLeft: "Días restantes:", CountedFrom: "Contado desde", FromEntry: "el día de entrada indicado", FromToday: "el día de la consulta; no indicó día de entrada",
	Earlier: "El sistema no conoce las estancias anteriores a su pleno funcionamiento. Reste usted mismo esos días.", AsOf: "Los datos están completos hasta",
	NoDecision: "Esto no es una decisión sobre la entrada. Decide el guardia de fronteras, según todas las condiciones.", Again: "Otra consulta",
	Privacy: "No se pide ningún nombre. La respuesta no revela si el documento es conocido.", Languages: "Idiomas",
	Wrong: "Por favor, corrija:",
	Errors: errorPhrases{Number: "Escriba el número tal como está impreso en el documento.", Issuer: "Elija el país que expidió el documento.",
		Destination: "Elija el país de destino.", Elsewhere: "Este país no participa en el sistema: los días allí no se cuentan.",
		EntryPast: "El día de entrada ya ha pasado.", EntryFar: "El día de entrada está demasiado lejos.", ExitBefore: "El día de salida es anterior al de entrada.",
		ExitFar: "El día de salida está demasiado lejos.", Day: "Escriba el día como año-mes-día, por ejemplo 2026-05-01.",
		TooMany: "Demasiadas consultas. Espere unos minutos y vuelva a intentarlo.", Unavailable: "El servicio no tiene datos actuales. Vuelva a intentarlo más tarde.",
		Other: "No se ha podido responder. Compruebe los datos."},
}

var polish = phrases{
	Language: web.Language{Tag: "pl", Name: "polski", Skip: "Przejdź do treści", Demo: "Pokaz.",
		DemoWarning: "Wszyscy podróżni, funkcjonariusze i dokumenty są zmyśleni. Nic, co tu zrobisz, nie ma skutku gdzie indziej.",
		Notice:      "Limen jest niezależnym projektem, a nie usługą Unii Europejskiej.", Request: "Zapytanie", Reference: "Dokumentacja API"},
	Title:    "Ile dni mogę zostać?",
	Intro:    "Dla podróżnych spoza Unii Europejskiej na pobyt krótkoterminowy: najwyżej 90 dni w każdym okresie 180 dni.",
	Document: "Dokument podróży", DocumentType: "Rodzaj dokumentu", Passport: "Paszport", IdentityCard: "Dowód osobisty",
	Number: "Numer dokumentu", NumberHint: "Tak jak wydrukowano, litery i cyfry.", Issuer: "Państwo wydania", Choose: "Wybierz",
	Journey: "Podróż", Destination: "Państwo docelowe", Entry: "Dzień wjazdu",
	EntryHint: "Pozostaw puste, aby liczyć od dzisiaj (czas środkowoeuropejski).", Exit: "Dzień wyjazdu", ExitHint: "Ostatni dzień pobytu. Liczą się oba dni.",
	Optional: "nieobowiązkowe", Ask: "Zapytaj",
	Result: "Odpowiedź", Yes: "OK", No: "NIE OK", Unknown: "Niedostępne",
	DaysLeft: "Pozostałe dni:", CountedFrom: "Liczone od", FromEntry: "podanego dnia wjazdu", FromToday: "dnia zapytania; nie podano dnia wjazdu",
	Earlier: "Pobyty sprzed pełnego uruchomienia systemu nie są mu znane. Odejmij ich dni samodzielnie.", AsOf: "Dane są kompletne do",
	NoDecision: "To nie jest decyzja o wjeździe. Decyduje funkcjonariusz straży granicznej na podstawie wszystkich warunków.", Again: "Nowe zapytanie",
	Privacy: "Nie pytamy o nazwisko. Odpowiedź nie zdradza, czy dokument jest znany.", Languages: "Języki",
	Wrong: "Prosimy o poprawienie:",
	Errors: errorPhrases{Number: "Wpisz numer tak, jak wydrukowano go na dokumencie.", Issuer: "Wybierz państwo, które wydało dokument.",
		Destination: "Wybierz państwo docelowe.", Elsewhere: "To państwo nie uczestniczy w systemie: dni pobytu w nim nie są liczone.",
		EntryPast: "Dzień wjazdu już minął.", EntryFar: "Dzień wjazdu jest zbyt odległy.", ExitBefore: "Dzień wyjazdu poprzedza dzień wjazdu.",
		ExitFar: "Dzień wyjazdu jest zbyt odległy.", Day: "Wpisz dzień jako rok-miesiąc-dzień, na przykład 2026-05-01.",
		TooMany: "Zbyt wiele zapytań. Odczekaj kilka minut i zapytaj ponownie.", Unavailable: "Usługa nie ma aktualnych danych. Zapytaj później.",
		Other: "Nie udało się odpowiedzieć. Sprawdź wpisane dane."},
}

var arabic = phrases{
	Language: web.Language{Tag: "ar", Name: "العربية", RightToLeft: true, Skip: "الانتقال إلى المحتوى", Demo: "عرض توضيحي.",
		DemoWarning: "جميع المسافرين والموظفين والوثائق هنا مختلقون. لا أثر لما تفعله هنا في أي مكان آخر.",
		Notice:      "ليمن مشروع مستقل وليس خدمة من خدمات الاتحاد الأوروبي.", Request: "الطلب", Reference: "مرجع واجهة البرمجة"},
	Title:    "كم يومًا يمكنني البقاء؟",
	Intro:    "للمسافرين من خارج الاتحاد الأوروبي في إقامة قصيرة: 90 يومًا على الأكثر خلال أي 180 يومًا.",
	Document: "وثيقة سفرك", DocumentType: "نوع الوثيقة", Passport: "جواز سفر", IdentityCard: "بطاقة هوية",
	Number: "رقم الوثيقة", NumberHint: "كما هو مطبوع، حروف وأرقام.", Issuer: "البلد الذي أصدرها", Choose: "اختر",
	Journey: "رحلتك", Destination: "بلد الوجهة", Entry: "يوم الدخول",
	EntryHint: "اتركه فارغًا للحساب من اليوم (بتوقيت وسط أوروبا).", Exit: "يوم الخروج", ExitHint: "آخر يوم من إقامتك. يُحتسب اليومان كلاهما.",
	Optional: "اختياري", Ask: "اسأل",
	Result: "الجواب", Yes: "مقبول", No: "غير مقبول", Unknown: "غير متاح",
	DaysLeft: "الأيام المتبقية:", CountedFrom: "محسوبة من", FromEntry: "يوم الدخول الذي أدخلته", FromToday: "يوم السؤال؛ لم تُدخل يوم الدخول",
	Earlier: "الإقامات السابقة على التشغيل الكامل للنظام غير معروفة لديه. اطرح أيامها بنفسك.", AsOf: "البيانات مكتملة حتى",
	NoDecision: "هذا ليس قرارًا بشأن الدخول. يقرر حرس الحدود وفق جميع الشروط.", Again: "سؤال جديد",
	Privacy: "لا يُطلب أي اسم. لا يكشف الجواب ما إذا كانت الوثيقة معروفة.", Languages: "اللغات",
	Wrong: "يرجى تصحيح ما يلي:",
	Errors: errorPhrases{Number: "أدخل الرقم كما هو مطبوع على الوثيقة.", Issuer: "اختر البلد الذي أصدر الوثيقة.",
		Destination: "اختر بلد الوجهة.", Elsewhere: "هذا البلد لا يشارك في النظام: لا تُحتسب الأيام فيه.",
		EntryPast: "يوم الدخول قد مضى.", EntryFar: "يوم الدخول بعيد جدًا.", ExitBefore: "يوم الخروج يسبق يوم الدخول.",
		ExitFar: "يوم الخروج بعيد جدًا.", Day: "أدخل اليوم بصيغة سنة-شهر-يوم، مثل 2026-05-01.",
		TooMany: "أسئلة كثيرة جدًا. انتظر بضع دقائق ثم اسأل مرة أخرى.", Unavailable: "لا تتوفر لدى الخدمة بيانات حديثة. اسأل لاحقًا.",
		Other: "تعذّر الجواب. تحقق مما أدخلته."},
}
