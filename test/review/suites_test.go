package review

import (
	"path/filepath"
	"testing"

	"tollgate.dev/tollgate/cmd/tollgate/suitetest"
)

func TestEscapesAreRefused(t *testing.T) { suitetest.Run(t, filepath.Join("..", "escapes")) }

func TestBystandersAreLeftAlone(t *testing.T) { suitetest.Run(t, filepath.Join("..", "bystanders")) }
