# A serial OpenBLAS keeps server processes single-threaded; any other CBLAS is held to one thread.
comma := ,
BLAS_INCLUDE := $(firstword $(wildcard /usr/include/*/openblas-serial /usr/include/*/openblas-pthread))
BLAS_DIR     := $(firstword $(wildcard /usr/lib/*/openblas-serial))
BLAS_LIBS    := $(if $(BLAS_DIR),-L$(BLAS_DIR) -Wl$(comma)-rpath$(comma)$(BLAS_DIR)) -lopenblas -lm

# The flags as one line, for whoever asks whether they serve.
blas-flags:
	@echo '$(addprefix -I,$(BLAS_INCLUDE)) $(BLAS_LIBS)'

.PHONY: blas-flags
