"""The report: one page that needs no network, with a study in words, pictures and a choice."""
