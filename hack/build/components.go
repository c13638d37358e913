package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"tollgate.dev/tollgate/hack/binaries"
	"tollgate.dev/tollgate/hack/preflight"
)

// component says how a program is built.
type component struct {
	// folder under hack/ holds the go.mod, module is what it builds from and pkg the main package. No module: not built with Go.
	folder, module, pkg string
	// The linker sets the variables versionOf to the module's version, and fileOf to what the module's VERSION file says.
	versionOf, fileOf []string
	// tags are build tags, separated by commas.
	tags string
	// needs is what a cold build takes.
	needs preflight.Needs
}

// components returns what can be provided, by name.
func components() map[string]component {
	kubernetes := func(name string) component {
		return component{
			folder: "kubernetes", module: "k8s.io/kubernetes", pkg: "k8s.io/kubernetes/cmd/" + name,
			versionOf: []string{"k8s.io/component-base/version.gitVersion", "k8s.io/client-go/pkg/version.gitVersion"},
			needs:     preflight.Needs{Disk: 10 * preflight.GiB, Memory: 4 * preflight.GiB},
		}
	}
	return map[string]component{
		// hack/certmanager wires it: cert-manager's module has no main package.
		binaries.CertManager: {
			folder: "certmanager", module: "github.com/cert-manager/cert-manager", pkg: "tollgate.dev/tollgate/hack/certmanager",
			needs: preflight.Needs{Disk: 2 * preflight.GiB, Memory: 2 * preflight.GiB},
		},
		binaries.KubeAPIServer:         kubernetes(binaries.KubeAPIServer),
		binaries.KubeControllerManager: kubernetes(binaries.KubeControllerManager),
		binaries.Kubectl:               kubernetes(binaries.Kubectl),
		binaries.Etcd: {
			folder: "etcd", module: "go.etcd.io/etcd/server/v3", pkg: "go.etcd.io/etcd/server/v3",
			needs: preflight.Needs{Disk: 2 * preflight.GiB, Memory: 2 * preflight.GiB},
		},
		binaries.Mimir: {
			folder: "mimir", module: "github.com/grafana/mimir", pkg: "github.com/grafana/mimir/cmd/mimir",
			fileOf: []string{"github.com/grafana/mimir/pkg/util/version.Version"},
			needs:  preflight.Needs{Disk: 10 * preflight.GiB, Memory: 4 * preflight.GiB},
		},
		binaries.Prometheus: {
			folder: "prometheus", module: "github.com/prometheus/prometheus", pkg: "github.com/prometheus/prometheus/cmd/prometheus",
			fileOf: []string{"github.com/prometheus/common/version.Version"},
			// Static targets suffice here; the clients of all clouds and of Kubernetes would make up most of the build.
			tags:  "remove_all_sd",
			needs: preflight.Needs{Disk: 10 * preflight.GiB, Memory: 4 * preflight.GiB},
		},
		binaries.RedisServer: {},
		binaries.RedisCLI:    {},
	}
}

// stamp returns the version that is built and the linker flags that put it into the program. It downloads the module.
func (c component) stamp(ctx context.Context, dir string) (version, flags string, err error) {
	version, err = goOutput(ctx, dir, "list", "-m", "-f", "{{.Version}}", c.module)
	if err != nil {
		return "", "", err
	}
	var set []string
	for _, name := range c.versionOf {
		set = append(set, "-X "+name+"="+version)
	}
	if major, minor, ok := majorMinor(version); ok && len(c.versionOf) > 0 {
		for _, name := range c.versionOf {
			base := strings.TrimSuffix(name, "gitVersion")
			set = append(set, "-X "+base+"gitMajor="+major, "-X "+base+"gitMinor="+minor, "-X "+base+"gitTreeState=clean")
		}
	}
	if len(c.fileOf) > 0 {
		folder, err := binaries.ModuleFolder(ctx, dir, c.module)
		if err != nil {
			return "", "", err
		}
		told, err := os.ReadFile(filepath.Join(folder, "VERSION"))
		if err != nil {
			return "", "", fmt.Errorf("reading the version of %s: %w", c.module, err)
		}
		version = strings.TrimSpace(string(told))
		for _, name := range c.fileOf {
			set = append(set, "-X "+name+"="+version)
		}
	}
	return version, strings.Join(set, " "), nil
}

// majorMinor splits a version such as v1.36.3.
func majorMinor(version string) (major, minor string, ok bool) {
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	if len(parts) != 3 {
		return "", "", false
	}
	return parts[0], parts[1], true
}

func goOutput(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s in %s: %w: %s", strings.Join(args, " "), dir, err, errs.String())
	}
	return strings.TrimSpace(string(out)), nil
}
