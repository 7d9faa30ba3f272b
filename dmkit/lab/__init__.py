"""For notebooks and reports: runs, measures, plots, boards, studies, validation; each loads when it is first used."""
