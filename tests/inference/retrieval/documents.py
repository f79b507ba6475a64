"""Articles made by hand, few enough to follow every score."""

from __future__ import annotations

from inference.knowledge import Document, KnowledgeBase

TOP_UP = Document("top_up", "en", "How do I top up?", "Use your bank.", ("my top-up failed",), ("money",))
TOP_UP_ZH = Document("top_up", "zh-hans", "怎么充值？", "请用银行卡。", ("充值失败了怎么办",))
ARRIVAL = Document("arrival", "en", "When will my card arrive?", "Within five days.", ("the card is late",), ("post",))
APPLE_PAY_ZH = Document("apple_pay", "zh-hans", "Apple Pay 不能用", "请更新系统。", ())
ALL = (TOP_UP, TOP_UP_ZH, ARRIVAL, APPLE_PAY_ZH)


def knowledge(*documents: Document) -> KnowledgeBase:
    return KnowledgeBase("", documents or ALL)
