package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRemoveRefusesAForeignFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "thesis.txt")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (home{dir: dir}).remove(); err == nil {
		t.Error("a folder with somebody's files is removed")
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestClaimIsExclusiveAndEndsWithItsHolder(t *testing.T) {
	h := home{dir: t.TempDir()}
	f, err := h.claim()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.claim(); err == nil {
		t.Error("two supervisors")
	}
	if pid, err := h.supervisor(); err != nil || pid != os.Getpid() {
		t.Errorf("the supervisor is %d, %v; want %d", pid, err, os.Getpid())
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if pid, err := h.supervisor(); err != nil || pid != 0 {
		t.Errorf("the supervisor is %d, %v although nobody holds the lock", pid, err)
	}
}
