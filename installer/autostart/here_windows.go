package autostart

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows/registry"
)

func here() (place, error) { return runKey{currentUser{}}, nil }

// currentUser is the part of the registry that belongs to this user.
type currentUser struct{}

func (currentUser) Text(key, name string) (value string, ok bool, err error) {
	err = look(key, func(k registry.Key) (err error) {
		value, _, err = k.GetStringValue(name)
		return err
	}, &ok)
	return value, ok, err
}

func (currentUser) Bytes(key, name string) (value []byte, ok bool, err error) {
	err = look(key, func(k registry.Key) (err error) {
		value, _, err = k.GetBinaryValue(name)
		return err
	}, &ok)
	return value, ok, err
}

// look has fn read from a key, and sets there if both exist.
func look(key string, fn func(registry.Key) error, there *bool) error {
	k, err := registry.OpenKey(registry.CURRENT_USER, key, registry.QUERY_VALUE)
	if err == nil {
		err = errors.Join(fn(k), k.Close())
	}
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at autostart: %w", err)
	}
	*there = true
	return nil
}

func (currentUser) SetText(key, name, value string) error {
	k, _, err := registry.CreateKey(registry.CURRENT_USER, key, registry.SET_VALUE)
	if err == nil {
		err = errors.Join(k.SetStringValue(name, value), k.Close())
	}
	if err != nil {
		return fmt.Errorf("switch on autostart: %w", err)
	}
	return nil
}

func (currentUser) Delete(key, name string) error {
	k, err := registry.OpenKey(registry.CURRENT_USER, key, registry.SET_VALUE)
	if err == nil {
		err = errors.Join(k.DeleteValue(name), k.Close())
	}
	if err != nil && !errors.Is(err, registry.ErrNotExist) {
		return fmt.Errorf("switch off autostart: %w", err)
	}
	return nil
}
