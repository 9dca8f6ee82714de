//go:build !linux

package main

import "errors"

func openTerminal() (*terminal, error) {
	return nil, errors.New("pseudo-terminals are made differently here")
}
