package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Stdin is the name of the standard input, as an argument and in reports.
const Stdin = "-"

// MaxFile bounds one file, in bytes.
const MaxFile = 16 << 20

// Problem is input that could not be read, and so was not judged.
type Problem struct {
	// File as it was named or found, Stdin for the standard input.
	File string
	// Line of the document or field, from 1; 0 when the whole file is meant.
	Line int
	// Err says what is wrong.
	Err error
}

func (p Problem) Error() string {
	name := p.File
	if name == Stdin {
		name = "stdin"
	}
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d: %v", name, p.Line, p.Err)
	}
	return fmt.Sprintf("%s: %v", name, p.Err)
}

func (p Problem) Unwrap() error { return p.Err }

// Read returns the objects of files, of all .yaml, .yml and .json files below
// folders, and of stdin for "-", in the order of the arguments and of the names
// in a folder. Everything that can be read is returned, whatever else is wrong.
//
// Files of except are passed over where a folder holds them: settings beside
// manifests are no manifest.
func Read(args []string, stdin io.Reader, except ...string) ([]Document, []Problem) {
	var docs []Document
	var problems []Problem
	for _, arg := range args {
		files := []string{arg}
		if arg != Stdin {
			var err error
			if files, err = Files(arg); err != nil {
				problems = append(problems, Problem{File: arg, Err: err})
				continue
			}
			files = slices.DeleteFunc(files, func(file string) bool { return file != arg && isOne(file, except) })
		}
		for _, file := range files {
			data, err := load(file, stdin)
			if err != nil {
				problems = append(problems, Problem{File: file, Err: err})
				continue
			}
			d, p := Parse(file, data)
			docs, problems = append(docs, d...), append(problems, p...)
		}
	}
	return docs, problems
}

// isOne says whether a file is one of others, however they are written.
func isOne(file string, others []string) bool {
	return slices.ContainsFunc(others, func(other string) bool {
		one, err := os.Stat(file)
		two, err2 := os.Stat(other)
		return err == nil && err2 == nil && os.SameFile(one, two)
	})
}

// Files returns the manifests at a path: the file itself, or every .yaml, .yml
// and .json file below a folder, sorted.
func Files(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, reason(err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var files []string
	err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".git":
			return filepath.SkipDir
		case !entry.IsDir() && IsManifest(name):
			files = append(files, name)
		}
		return nil
	})
	slices.Sort(files)
	return files, reason(err)
}

// IsManifest says whether a file is read when it is found in a folder.
func IsManifest(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

func load(file string, stdin io.Reader) ([]byte, error) {
	r := stdin
	if file != Stdin {
		f, err := os.Open(file)
		if err != nil {
			return nil, reason(err)
		}
		defer f.Close()
		r = f
	}
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading: %w", reason(err))
	}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("it is larger than %d MiB: split it", MaxFile>>20)
	}
	return data, nil
}

// reason drops the path of an error, which the problem names already.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
