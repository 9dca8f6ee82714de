//go:build !linux

package netlab

import (
	"errors"
	"os"
	"os/exec"
)

var errNoNamespaces = errors.New("network namespaces are a thing of Linux")

func prepare() (state string, code int, ran bool) { return errNoNamespaces.Error(), 0, false }

func newNamespace() (*os.File, error) { return nil, errNoNamespaces }

func within(*os.File, func()) error { return errNoNamespaces }

func dieWithParent(*exec.Cmd) {}
