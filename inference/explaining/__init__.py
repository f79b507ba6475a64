"""Why a checkpoint said what it said: see `explainer.Explainer`, and `support.support` for the sources of an answer.

Every view is a frozen value with `as_json()`. Probabilities, saliency, attention and the logit lens describe the
model's computation; only leaving something out (`leaving`) shows a cause.
"""
