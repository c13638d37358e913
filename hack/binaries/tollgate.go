package binaries

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// BuildTollgate builds the program tollgate from the source tree at root into
// file, with the flags of the Makefile and of manifests/image/Dockerfile: what
// is tested is what runs, and one build cache serves all three.
func BuildTollgate(ctx context.Context, root, file string) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "./cmd/tollgate")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building tollgate: %w: %s", err, out)
	}
	return nil
}
