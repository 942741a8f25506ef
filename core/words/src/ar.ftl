## الوقت
today = اليوم
tomorrow = غدًا
yesterday = أمس
date = { $weekday } { $day } { $month }
day_time = { $day } { $time }
weekday = { $number ->
    [0] الاثنين
    [1] الثلاثاء
    [2] الأربعاء
    [3] الخميس
    [4] الجمعة
    [5] السبت
   *[6] الأحد
}
month = { $number ->
    [1] يناير
    [2] فبراير
    [3] مارس
    [4] أبريل
    [5] مايو
    [6] يونيو
    [7] يوليو
    [8] أغسطس
    [9] سبتمبر
    [10] أكتوبر
    [11] نوفمبر
   *[12] ديسمبر
}

## يوم الطفل
not_coming = لن يحضر { $day }
away_part = غائب { $span }
expected = متوقع حضوره { $span }
here_since = حاضر منذ { $time }
went_home = عاد إلى البيت { $time }
day_off = في إجازة { $day }
at_school = في المدرسة { $day }
no_school = لا مدرسة { $day }
clash = سجّلتما أوقاتًا مختلفة: { $times }
off = إجازة
no_times = لا أوقات مسجّلة
no_absence = لم يُبلّغ عن غياب { $day }
and = { $first }. { $second }
as_in_week = كما في الأسبوع: { $times }
change_by = يجب أن يصل التعديل في موعد أقصاه { $day } الساعة { $time }.
comment = إلى الموظفين: { $text }
days_until = من { $from } حتى نهاية { $until }
days_open = من { $from } حتى إشعار آخر
days_part = { $from } { $span }
absent = غائب { $days }
not_told = لا يُعرض هنا أكثر من الاسم.
reported_by = أبلغ عنه { $name } { $when }
reported_by_you = أبلغت عنه { $when }
reported_by_other = أبلغ عنه شخص آخر { $when }
event_in = حضر { $time }
event_out = انصرف { $time }

## القوائم
tab_groups = المجموعات
tab_wall = اللوحة
tab_settings = الإعدادات
home_title = الرئيسية
home_empty = يظهر أطفالك هنا عندما يكون لهم مكان في الروضة أو المدرسة.
board_title = { $group }، { $unit }
board_count = الحاضرون { $here }، المتوقعون { $expected }
board_away = الغائبون { $away } من { $all }
board_empty = لا أطفال في المجموعة.
check_in = حضر
check_out = عاد إلى البيت
outbox_title = المُرسَل
outbox_empty = لا شيء ينتظر الإرسال.
outbox_waiting = { $count ->
    [zero] لا شيء ينتظر
    [one] شيء واحد ينتظر
    [two] شيئان ينتظران
    [few] { $count } أشياء تنتظر
    [many] { $count } شيئًا ينتظر
   *[other] { $count } شيء ينتظر
}
report_title = لن يحضر
report_health = لا تكتب شيئًا عن الصحة. يكفي أن الطفل غائب.
report_for = أيّ أيام؟

## الحالة
waiting = في انتظار الشبكة
waiting_long = في انتظار أن يفهمه الخادم. حدّث التطبيق إذا تأخر.
being_withdrawn = جارٍ سحبه
received = وصل { $when }
withdrawn = سُحب
may_be_refused = قد يُرفض: { $why }
refused = رُفض: { $why }
was_undone = كان قد نُفّذ، لكن الخادم استُعيد من نسخة احتياطية ولم ينفّذه مرة أخرى. { $state }
sent_gone = أُزيل من هذا الهاتف
loading = جارٍ التحميل …
old_data = آخر تحديث { $day } { $time }
locked = مقفل لأن هذا الهاتف لم يتصل منذ مدة طويلة. اتصل بالشبكة.
offline = لا توجد شبكة. ما تفعله يُحفظ ثم يُرسل لاحقًا.
offline_short = لا توجد شبكة
signed_out = تم تسجيل خروجك. سجّل الدخول مرة أخرى ليُرسل ما ينتظر.
outdated = التطبيق قديم جدًا. حدّثه ليُرسل ما ينتظر.
phone_full = الهاتف ممتلئ. احذف شيئًا آخر وحاول مرة أخرى.
phone_broken = لا يستطيع الهاتف الحفظ. أعد تشغيله وحاول مرة أخرى.
no_right = هذا لا يُعرض لك.
lost = تعذّرت قراءة بيانات هذا الهاتف. { $count ->
    [0] سجّل الدخول مرة أخرى.
    [one] فُقد شيء واحد لم يُرسل. سجّل الدخول مرة أخرى وأعده.
    [two] فُقد شيئان لم يُرسلا. سجّل الدخول مرة أخرى وأعدهما.
    [few] فُقدت { $count } أشياء لم تُرسل. سجّل الدخول مرة أخرى وأعدها.
    [many] فُقد { $count } شيئًا لم يُرسل. سجّل الدخول مرة أخرى وأعدها.
   *[other] فُقد { $count } شيء لم يُرسل. سجّل الدخول مرة أخرى وأعدها.
}

## ما أُرسل
sent_report = { $name }: غائب { $days }
sent_change_absence = تعديل غياب { $name }
sent_withdraw = { $name }: سيحضر رغم ذلك
sent_week = أوقات جديدة: { $name }
sent_day = تعديل يوم { $name }: { $day }
sent_in = { $name }: حضر
sent_out = { $name }: عاد إلى البيت
sent_undo = تم التراجع: { $name }
sent_contact = بيانات الاتصال الخاصة بك

## لماذا لا
why_no_right = ليس لك حق في هذا.
why_not_of_age = اطلب ذلك من وليّ أمرك. يمكنك فعله بنفسك عندما تبلغ 18.
why_not_owner = لا يسجّل الأوقات إلا صاحب المكان. اسأل وليّ الأمر الآخر أو الموظفين.
why_not_yours = أبلغ شخص آخر عن هذا. اطلب منه أو من الموظفين تعديله.
why_who_tapped = اختر من أنت أولًا.
why_not_there = لم يعد موجودًا.
why_day_past = مضى ذلك اليوم. اختر { $day } أو بعده.
why_locked = الأوقات مقفلة. اختر { $day } أو بعده.
why_not_begun = يبدأ المكان { $day }. اختر ذلك اليوم أو بعده.
why_pick_up_only = يمكنك تعديل الاستلام اليوم. الأوقات الأخرى يسجّلها صاحب المكان.
why_needs_last_day = اختر اليوم الأخير.
why_checked_by_staff = يسجّل الموظفون هنا الحضور والانصراف. أخبرهم.
why_too_far = هذا بعيد جدًا. اختر { $day } أو قبله.
why_cut_off = كان آخر موعد للتعديل { $day } الساعة { $time }. { $ring }
why_switched_off = لا يمكن فعل ذلك هنا. { $ring }
why_kept_by_school = تحتفظ المدرسة ببيانات الاتصال الخاصة بك. { $ring }
ring = { $phone ->
    [none] تواصل مع الموظفين.
   *[other] اتصل على { $phone }.
}
why_outside_hours = أوقات العمل { $span }. اختر وقتًا ضمنها.
why_closed = المكان مغلق في ذلك اليوم.
why_wrong_times = الأوقات غير متوافقة. راجعها.
why_too_long = النص طويل جدًا. عدد الأحرف الأقصى { $most }.
why_wrong_contact = الرقم أو العنوان لا يبدو صحيحًا. راجعهما.
why_internal = حدث خطأ لدينا. اتصل هاتفيًا إذا كان الأمر عاجلًا.
why_withdrawn = سُحب قبل أن يُنفّذ.
why_id_reused = حدث خطأ ما. أعد المحاولة مرة واحدة.
why_superseded = غيّر شخص ما الشيء نفسه لاحقًا، وهذا هو الساري الآن.
why_too_old = هذا قديم جدًا. تأكد مما إذا كان قد نُفّذ بالفعل.
why_clock = ساعة هذا الهاتف غير صحيحة. اضبطها وحاول مرة أخرى.

## أخطاء
fault_offline = لا توجد شبكة. حاول مرة أخرى عند توفرها.
fault_server = لا يستجيب الخادم كما ينبغي. حاول مرة أخرى بعد قليل.
fault_link = هذا ليس رابطًا من Kapprum. انسخ الرابط الكامل من الدعوة.
fault_link_used = الرابط مستخدَم أو قديم جدًا. اطلب رابطًا جديدًا.
fault_outdated = التطبيق قديم جدًا. حدّثه.
fault_in_use = تطبيق Kapprum مفتوح بالفعل. أغلق النافذة الأخرى.
fault_unreadable = تعذّرت قراءة البيانات في هذا الهاتف. سجّل الدخول مرة أخرى.
fault_key = مخزن المفاتيح في الهاتف لا يستجيب. افتح قفل الهاتف وحاول مرة أخرى.
fault_closed = تطبيق Kapprum مغلق. افتح التطبيق مرة أخرى.
fault_too_large = هذا كثير دفعة واحدة. قسّمه.
fault_unsent = { $count ->
    [zero] لا شيء غير مُرسل.
    [one] هناك شيء واحد لم يُرسل. سيُفقد إذا سجّلت الخروج الآن.
    [two] هناك شيئان لم يُرسلا. سيُفقدان إذا سجّلت الخروج الآن.
    [few] هناك { $count } أشياء لم تُرسل. ستُفقد إذا سجّلت الخروج الآن.
    [many] هناك { $count } شيئًا لم يُرسل. ستُفقد إذا سجّلت الخروج الآن.
   *[other] هناك { $count } شيء لم يُرسل. ستُفقد إذا سجّلت الخروج الآن.
}
