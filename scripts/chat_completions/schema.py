def check(facts, rules, path): pass
