## التطبيق
app_name = Kapprum
privacy_cover = محتوى Kapprum مخفي
loading = جارٍ التحميل …
try_again = حاول مرة أخرى
update_app = تحديث التطبيق
cancel = إلغاء
close = إغلاق
back = رجوع
save = حفظ
done = تم
edit = تعديل
undo = تراجع
dismiss = إزالة
hide = إخفاء

## تسجيل الدخول
sign_in_title = أهلًا وسهلًا
sign_in_explanation = افتح الرابط الموجود في الدعوة، أو ألصقه هنا.
sign_in_link = الرابط من الدعوة
sign_in_paste = لصق
sign_in_clear = إفراغ الحقل
sign_in_continue = متابعة
sign_in_working = جارٍ تسجيل الدخول …
sign_in_no_invitation = ليست لديك دعوة؟ اطلبها من الروضة أو المدرسة.
sign_in_error_used = الدعوة مستعملة أو قديمة جدًا. اطلب دعوة جديدة من الروضة أو المدرسة.

## الرئيسية
report_absence = لن يحضر
report_absence_for = الإبلاغ عن غياب { $name }
open_day_for = عرض يوم { $name }

## الإبلاغ عن الغياب
report_children = من؟
report_whole_day = اليوم كله
report_part_of_day = جزء من اليوم
report_more_days = عدة أيام
report_from = من يوم
report_until = حتى نهاية يوم
report_until_further = حتى إشعار آخر
report_from_time = الغياب من الساعة
report_until_time = الغياب حتى الساعة
report_choose_child = اختر طفلًا واحدًا على الأقل.
report_send = إرسال
report_withdraw = سيحضر رغم ذلك
report_withdraw_question = هل تريد سحب البلاغ؟
choose_day = اختر يومًا
earlier = أبكر
later = لاحقًا
time_unclear = اكتب وقتًا، مثلًا 07:30.
time_order = يجب أن يكون الوقت الثاني بعد الوقت الأول.

## تعديل يوم
day_title = تعديل اليوم
day_other_times = أوقات أخرى
day_comes_not = في إجازة
day_comes_at = الحضور
day_goes_at = الانصراف
day_add_interval = إضافة وقت
day_remove_interval = إزالة الوقت
day_comment = إلى الموظفين
day_comment_hint = مثلًا: الجدة ستستلمه

## بعد الحفظ
saved = تم الحفظ
saved_offline = تم الحفظ. سيُرسل عند توفر الشبكة. اتصل هاتفيًا إذا كان الأمر عاجلًا.
draft_kept = ما كتبته ما زال محفوظًا.
undone = تم التراجع
undo_too_late = فات أوان التراجع. أجرِ تعديلًا جديدًا بدلًا من ذلك.

## لوحة المجموعة
group_choose = اختر المجموعة
group_none = ليست لديك مجموعات بعد. ستظهر عندما تضيفك الروضة أو المدرسة.
group_who = من أنت؟
group_who_explanation = اختر اسمك ليظهر من سجّل الحضور.
group_acting_as = أنت { $name }
group_change_person = شخص آخر

## لوحة المدخل
hall_explanation = اضغط على اسم الطفل.
hall_question = ماذا سيفعل { $name }؟
hall_came = أهلًا يا { $name }!
hall_went_home = مع السلامة يا { $name }!

## الإعدادات
settings_title = الإعدادات
settings_open = فتح الإعدادات
settings_language = اللغة
settings_language_device = لغة الجهاز
language_swedish = Svenska
language_english = English
language_arabic = العربية
settings_about = حول Kapprum
settings_version = الإصدار { $version }
settings_accessibility = بيان إمكانية الوصول
settings_licences = التراخيص
settings_accounts = الحسابات
settings_add_account = إضافة حساب
role_guardian = وليّ أمر
role_student = طالب
role_staff = موظف
role_tablet = الجهاز اللوحي للقسم
role_board = لوحة المدخل
sign_out = تسجيل الخروج
sign_out_question = هل تريد تسجيل الخروج؟
sign_out_explanation = تُحذف البيانات من هذا الجهاز وتبقى لدى الروضة أو المدرسة.
sign_out_unsent = { $count ->
    [zero] أُرسل كل شيء.
    [one] شيء واحد لم يُرسل بعد. إذا سجّلت الخروج الآن فسيُفقد.
    [two] شيئان لم يُرسلا بعد. إذا سجّلت الخروج الآن فسيُفقدان.
    [few] { $count } أشياء لم تُرسل بعد. إذا سجّلت الخروج الآن فستُفقد.
    [many] { $count } شيئًا لم يُرسل بعد. إذا سجّلت الخروج الآن فستُفقد كلها.
   *[other] { $count } شيء لم يُرسل بعد. إذا سجّلت الخروج الآن فستُفقد كلها.
}
sign_out_wait = انتظار
sign_out_drop = تسجيل الخروج رغم ذلك

## عندما لا يعمل التطبيق
start_title = تعذّر تشغيل Kapprum
start_error_library = جزء من التطبيق ناقص أو من إصدار غير صحيح. حدّث التطبيق.
start_error_newer = استُخدم هنا إصدار أحدث من التطبيق. حدّث التطبيق.
start_error_full = الجهاز ممتلئ. احذف شيئًا وحاول مرة أخرى.
start_error_in_use = تطبيق Kapprum مفتوح بالفعل. أغلق النافذة الأخرى وحاول مرة أخرى.
start_error_key_store = مفاتيح التطبيق مقفلة. أقفل الجهاز ثم افتحه وحاول مرة أخرى.
start_error_other = حدث خطأ ما. حاول مرة أخرى. اتصل بالروضة أو المدرسة إذا كان الأمر عاجلًا.
not_shown = لا يمكن عرض هذا. ارجع وحاول مرة أخرى.

## الاتصال بالخادم
sign_in_again = تسجيل الدخول مرة أخرى

## الإشعارات
notification_hidden = جديد في Kapprum
channel_absence = الغياب
channel_absence_description = عند الإبلاغ عن غياب أو تعديله أو رفضه.
channel_check_in = الحضور والانصراف
channel_check_in_description = عندما يحضر الطفل وعندما يعود إلى البيت.
channel_messages = الرسائل
channel_messages_description = عندما يكتب إليك أحد.
channel_news = الأخبار
channel_news_description = عندما تنشر الروضة أو المدرسة خبرًا.
channel_reminders = التذكيرات
channel_reminders_description = عندما يحين وقت القيام بشيء.
channel_sync = الجلب
channel_sync_description = أثناء قيام التطبيق بالجلب والإرسال.

## لقارئات الشاشة
state_expected = متوقع حضوره
state_here = حاضر
state_gone = عاد إلى البيت
state_absent = غائب
state_school = في المدرسة
state_off = في إجازة
state_unknown = غير معروض
