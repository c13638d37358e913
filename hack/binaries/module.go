package binaries

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// ModuleFolder returns the folder in Go's module cache that holds a module, at the version that the go.mod in dir asks for. It is
// downloaded if it is not there yet.
func ModuleFolder(ctx context.Context, dir, module string) (string, error) {
	// go list alone names no folder of a module that is not there.
	download := exec.CommandContext(ctx, "go", "mod", "download", module)
	download.Dir, download.Env = dir, append(os.Environ(), "GOWORK=off")
	if out, err := download.CombinedOutput(); err != nil {
		return "", fmt.Errorf("downloading %s: %w: %s", module, err, out)
	}
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	list.Dir, list.Env = download.Dir, download.Env
	var errs strings.Builder
	list.Stderr = &errs
	out, err := list.Output()
	folder := strings.TrimSpace(string(out))
	if err != nil || folder == "" {
		return "", fmt.Errorf("finding the folder of %s: %w: %s", module, err, errs.String())
	}
	return folder, nil
}
