# SPDX-License-Identifier: GPL-2.0
#
# The commands of this project; `make help` lists them. How the module is
# built stands in Kbuild, how the tools are built in tools/Makefile.

# Which kernel the module is built for: its build folder, by default that of
# the kernel we run on; or, for the test bed, a series: 6.1, 6.12 or debug.
KDIR	?= /lib/modules/$(shell uname -r)/build
KERNEL	?= 6.1
# One test alone: make check TESTS=pipe
TESTS	?=
# A line for a shell in the guest: make vm CMD='ls /dev/kcr'
CMD	?= bash
TIMEOUT	?= 600

RELEASE	= $(shell awk -F '"' '/UTS_RELEASE/ { print $$2 }' \
		$(KDIR)/include/generated/utsrelease.h 2>/dev/null)
O	= build/$(RELEASE)
VM	= selftests/vm
JOBS	= $(shell nproc)
LOCK	= flock $(O)/.lock

DESTDIR	?=
PREFIX	?= /usr/local
UDEVDIR	?= /usr/lib/udev/rules.d

export KERNEL TESTS

.PHONY: all
all: module tools ## the module for the running kernel, and the tools

.PHONY: module
module: farm ## the module alone (KDIR=..., the kernel's build folder)
	+$(LOCK) $(MAKE) -j$(JOBS) -C $(KDIR) O= M=$(abspath $(O)) \
		CONFIG_DEBUG_INFO_BTF_MODULES= $(KBUILD_ARGS) modules

# Objects of different kernels must not mix, and a module is built where its
# sources lie: so each kernel gets a folder of links to them.
.PHONY: farm
farm:
	@test -n "$(RELEASE)" || { \
		echo "No kernel headers in $(KDIR)." >&2; \
		echo "Install linux-headers-$$(uname -r), or say which: make KDIR=..." >&2; \
		false; }
	@mkdir -p $(O)
	@$(LOCK) sh -c 'find $(O) -xtype l -delete && \
		cp -rsn $(CURDIR)/Kbuild $(CURDIR)/kernel $(CURDIR)/uapi $(O)/'

.PHONY: tools
tools: ## checkpoint, restart, ckptinfo and ckptmerge
	+@mkdir -p build && flock build/.lock-tools $(MAKE) -C tools

.PHONY: selftests
selftests: ## the test programs
	+@mkdir -p build && flock build/.lock-selftests $(MAKE) -C selftests

##
##@ On this machine (root)

.PHONY: install
install: ## the module, the tools, their pages and completions, the udev rule
	install -D -m 644 $(O)/kcr.ko $(DESTDIR)/lib/modules/$(RELEASE)/updates/kcr.ko
	$(MAKE) -C tools install DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) UDEVDIR=$(UDEVDIR)
ifeq ($(DESTDIR),)
	getent group kcr >/dev/null || groupadd --system kcr
	depmod $(RELEASE)
	-udevadm control --reload
endif

.PHONY: uninstall
uninstall: ## what install put there (the group kcr stays)
	rm -f $(DESTDIR)/lib/modules/$(RELEASE)/updates/kcr.ko
	$(MAKE) -C tools uninstall DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) UDEVDIR=$(UDEVDIR)
ifeq ($(DESTDIR),)
	depmod $(RELEASE)
endif

##
##@ In a virtual machine (KERNEL=6.1, 6.12 or debug)

.PHONY: demo
demo: ## a computation survives a power-off: see it happen
	+@$(VM)/setup build vm $(filter 6.%,$(KERNEL))
	+@$(MAKE) --no-print-directory vm-build
	@selftests/demo/demo --kernel $(KERNEL)

.PHONY: check
check: ## all tests (TESTS=pipe runs one)
	+@selftests/check $(KERNEL)

.PHONY: check-full
check-full: ## all tests on all three kernels, and images across them
	+@KCR_PROGRAMS="$${KCR_PROGRAMS:-all}" KCR_STRESS="$${KCR_STRESS:-200}" \
		KCR_CHECK_SECONDS="$${KCR_CHECK_SECONDS:-7200}" \
		selftests/check 6.1 6.12 debug; status=$$?; \
		selftests/across/run && exit $$status

.PHONY: check-across
check-across: ## images that cross from 6.1 to 6.12 and back
	+@selftests/across/run

.PHONY: bench
bench: ## what a checkpoint and a restart cost, beside criu (QUICK=1; HERE=1: no VM)
	+@$(MAKE) --no-print-directory bench-$(if $(HERE),here,vm)

BENCH	= selftests/bench/run $(if $(QUICK),--quick)

.PHONY: bench-vm
bench-vm: vm-build
	@mkdir -p build/bench
	@KCR_VM_MEM=$${KCR_VM_MEM:-6G} $(VM)/run --kernel $(KERNEL) --timeout 7200 \
		--results build/bench -- /kcr/$(BENCH)

# Loads the module into the kernel of this machine: only where HERE=1 asks for it.
.PHONY: bench-here
bench-here: all selftests
	@mkdir -p build/bench
	@PATH="$(CURDIR)/build/tools:$$PATH" KCR_BUILD="$(abspath $(O))" \
		$(BENCH) --out build/bench

.PHONY: vm
vm: vm-build ## run CMD='...' in the guest, with $KCR_BUILD/kcr.ko
	@$(VM)/run --kernel $(KERNEL) --timeout $(TIMEOUT) -- '$(subst ','\'',$(value CMD))'

# The module for the guest's kernel, the tools and the test programs. What
# make prints goes to standard error: standard output is the guest's.
.PHONY: vm-build
vm-build:
	+@selftests/vm/build $(KERNEL)

##
##@ Sources

.PHONY: style
style: ## checkpatch, and a lint of the man pages
	@$(VM)/style

.PHONY: sparse
sparse: ## sparse over the module
	+@$(VM)/build --sparse $(KERNEL)

.PHONY: docs
docs: ## Documentation/objects.rst and symbols.rst, from the code
	@Documentation/make-docs

.PHONY: clean
clean: ## remove build/
	rm -rf build

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^##@/ { print "\n" substr($$0, 5) ":" } \
		/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
