# The project in other places: filesystems, users, Pythons, surroundings, a bare Debian.

test-anywhere: test-build ## [PLACES='…'] [T='…']: make demo and make test on other filesystems, as other users, …
	@T='$(T)' test/anywhere/anywhere.sh $(PLACES)
