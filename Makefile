# Every target is one of ./run, which also works where make is missing.
.PHONY: help demo test check bench docs setup
help demo test check bench docs setup:
	@./run $@ $(ARGS)
