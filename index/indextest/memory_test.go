package indextest

import (
	"errors"
	"testing"

	"kith/index"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) Store { return NewMemory() })
}

func TestMemoryFailsAsAsked(t *testing.T) {
	m, boom := NewMemory(), errors.New("boom")
	m.Fail = func(op string) error {
		if op == "commit" {
			return boom
		}
		return nil
	}
	if _, err := m.Open(t.Context(), index.FolderID{}, 1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Commit(t.Context(), index.FolderID{}, nil); !errors.Is(err, boom) {
		t.Errorf("commit: %v", err)
	}
}
