# Every target is one of ./run, which also works where make is missing.
.PHONY: help demo test check bench docs setup python
help demo test check bench docs setup python:
	@./run $@ $(ARGS)
