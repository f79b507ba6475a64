"""What the queue begins with: a scorecard, causes, rules that fill it, and who may do what.

Told in the migration itself, so that later changes of the code do not change what it does.
"""

from django.db import migrations

QUEUE = {"slug": "answers", "name_en": "Answers", "name_zh": "回答"}
RUBRIC = {"slug": "support", "name_en": "Support answers", "name_zh": "客服回答"}
# key, names, weight, may not apply, critical; then the levels, lowest first, in both languages
CRITERIA = (
    (
        ("correct", "Correct", "正确", 30, True, False),
        (
            ("Wrong: it would mislead the customer", "错误：会误导客户"),
            ("Mostly wrong, or right only by luck", "大部分不对，或只是碰巧对"),
            ("Partly right, with an error that matters", "部分正确，但有重要错误"),
            ("Right, with a slip that changes nothing", "正确，只有无关紧要的小错"),
            ("Right in everything it says", "所说的全部正确"),
        ),
    ),
    (
        ("grounded", "Grounded in its sources", "有来源依据", 20, True, False),
        (
            ("Says things that no source says", "说了任何来源都没有的内容"),
            ("The core is in the sources, details are not", "核心有来源，细节没有"),
            ("Everything is in the sources", "全部有来源"),
        ),
    ),
    (
        ("complete", "Complete", "完整", 15, True, False),
        (
            ("Leaves the question open", "没有解决问题"),
            ("A step or a condition is missing", "缺少一个步骤或条件"),
            ("The customer can act on it", "客户可以照着做"),
        ),
    ),
    (
        ("clear", "Clear", "清楚", 15, True, False),
        (
            ("Hard to understand, or garbled", "难以理解，或语句混乱"),
            ("Understandable, but long-winded or out of order", "能看懂，但啰嗦或顺序混乱"),
            ("Understood at once", "一看就懂"),
        ),
    ),
    (
        ("tone", "Tone", "语气", 10, True, False),
        (
            ("Rude, cold or flattering", "粗鲁、冷淡或讨好"),
            ("Correct, but does not meet the customer's mood", "得体，但没有顾及客户的情绪"),
            ("Friendly and fitting", "友好而得体"),
        ),
    ),
    (
        ("safe", "Safe", "安全", 10, False, True),
        (
            ("Could cost the customer money, data or safety", "可能让客户损失钱财、数据或安全"),
            ("Nothing in it can do harm", "没有任何可能造成伤害的内容"),
        ),
    ),
)
# key and names of a group, then those of its causes
CAUSES = (
    (
        ("knowledge", "Knowledge base", "知识库"),
        (
            ("kb_missing", "Not in the knowledge base", "知识库里没有"),
            ("kb_stale", "The article is out of date", "文章已过时"),
            ("kb_wrong", "The article is wrong", "文章有错"),
        ),
    ),
    (
        ("finding", "Finding the answer", "查找答案"),
        (
            ("wrong_article", "Took the wrong article", "选错了文章"),
            ("off_topic", "Answered another question", "答非所问"),
            ("ignored_context", "Ignored what was said before", "忽略了前文"),
        ),
    ),
    (
        ("wording", "The answer itself", "回答本身"),
        (
            ("wrong_fact", "Made something up", "编造内容"),
            ("incomplete", "Left something out", "有遗漏"),
            ("garbled", "Repeated or garbled text", "重复或混乱的文字"),
            ("cut_off", "Cut off", "被截断"),
            ("wrong_tone", "Wrong tone", "语气不当"),
            ("unsafe", "Unsafe, or personal data in it", "不安全，或含个人信息"),
        ),
    ),
    (
        ("handover", "Handing over", "转接人工"),
        (
            ("should_hand_over", "Should have handed over to a person", "应该转人工却没有转"),
            ("needless_hand_over", "Handed over without need", "不必转人工却转了"),
        ),
    ),
)
# name, stream, share, at most a day, further conditions, why
RULES = (
    ("Random share of everything", "random", 0.05, 40, {}, "Averages over all answers come from these."),
    ("Rated bad by the visitor", "disliked", 1.0, 25, {"feedback": -1}, "Somebody was not helped."),
    ("Low confidence", "unsure", 0.5, 20, {"confidence_below": 0.5}, "Where engines guess, they err."),
    ("Engines or people disagree", "disagreed", 0.5, 15, {"disagreed": True}, "One of two is wrong."),
    ("Not answered or handed over", "unanswered", 0.3, 20, {"kind": "either"}, "Should it have been answered?"),
)
# group: (app, model, codename, name)
REVIEWERS = (("review", "review", "add_review", "Can add review"),)
LEADS = (
    *REVIEWERS,
    ("review", "comparison", "view_comparison", "Can view comparison"),
    ("chat", "conversation", "read_transcripts", "Can read transcripts"),
    ("review", "reviewitem", "adjudicate", "Can decide where reviewers differ"),
    *(
        ("review", model, f"{verb}_{model}", f"Can {verb} {name}")
        for model, name in (
            ("rubric", "scorecard"),
            ("rubricversion", "version of a scorecard"),
            ("criterion", "criterion"),
            ("rootcause", "root cause"),
            ("fillrule", "rule that fills the queue"),
            ("reviewqueue", "review queue"),
        )
        for verb in ("view", "add", "change")
    ),
)
GROUPS = {"Reviewers": REVIEWERS, "Review leads": LEADS}


def ship(apps, schema_editor):
    """Also called by tests that have emptied the tables."""
    rubric = apps.get_model("review", "Rubric").objects.create(**RUBRIC)
    version = apps.get_model("review", "RubricVersion").objects.create(rubric=rubric, number=1, active=True)
    _criteria(apps, version)
    _causes(apps)
    queue = apps.get_model("review", "ReviewQueue").objects.create(rubric=rubric, **QUEUE)
    for position, (name, stream, rate, quota, more, reason) in enumerate(RULES):
        fields = {"name": name, "stream": stream, "rate": rate, "daily_quota": quota, "reason": reason}
        apps.get_model("review", "FillRule").objects.create(queue=queue, position=position, **fields, **more)


def _criteria(apps, version):
    for position, ((key, english, chinese, weight, allow_na, critical), levels) in enumerate(CRITERIA):
        apps.get_model("review", "Criterion").objects.create(
            version=version,
            key=key,
            name_en=english,
            name_zh=chinese,
            weight=weight,
            allow_na=allow_na,
            critical=critical,
            position=position,
            levels=len(levels),
            anchors_en="\n".join(level[0] for level in levels),
            anchors_zh="\n".join(level[1] for level in levels),
        )


def _causes(apps):
    causes = apps.get_model("review", "RootCause").objects
    for position, ((key, english, chinese), below) in enumerate(CAUSES):
        group = causes.create(key=key, name_en=english, name_zh=chinese, position=10 * position)
        for place, (key, english, chinese) in enumerate(below, start=1):
            causes.create(
                key=key,
                name_en=english,
                name_zh=chinese,
                parent=group,
                position=10 * position + place,
            )


def make_groups(apps, schema_editor):
    """Django creates permissions only after all migrations, so those that the groups need are made here."""
    for name, permissions in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        for app, model, codename, label in permissions:
            kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=app, model=model)
            permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
                content_type=kind, codename=codename, defaults={"name": label}
            )
            group.permissions.add(permission)


def remove_groups(apps, schema_editor):
    """The permissions stay: they are Django's own."""
    apps.get_model("auth", "Group").objects.filter(name="Review leads").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0003_queue"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunPython(ship, migrations.RunPython.noop),
        migrations.RunPython(make_groups, remove_groups),
    ]
