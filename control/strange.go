package control

import (
	"maps"
	"time"
)

// keys says which keys of a table are ours; below the key of a list of tables
// stand the keys of each table in it.
type keys map[string]keys

func knownKeys() keys {
	return keys{
		"name": nil, "listen": nil, "welcomed": nil, "login_asked": nil,
		"folder":   {"id": nil, "name": nil, "dir": nil, "paused": nil, "until": nil, "list": nil, "former": nil},
		"device":   {"id": nil, "name": nil, "addresses": nil, "last_seen": nil},
		"declined": {"id": nil, "serial": nil},
	}
}

// keepStrange carries over from old to table what is not ours, so that a file
// edited by a person or written by a later version keeps it. Tables in lists are
// matched by their id.
func keepStrange(table, old map[string]any, known keys) {
	for key, value := range old {
		below, ours := known[key]
		if !ours {
			table[key] = value
			continue
		}
		if below == nil {
			continue
		}
		before := tables(value)
		for _, t := range tables(table[key]) {
			for _, o := range before {
				if o["id"] == t["id"] {
					keepStrange(t, o, below)
				}
			}
		}
	}
}

// dropUnset leaves out times that are not set, which the encoder would write.
func dropUnset(table map[string]any) {
	maps.DeleteFunc(table, func(_ string, value any) bool {
		t, ok := value.(time.Time)
		return ok && t.IsZero()
	})
	for _, value := range table {
		for _, t := range tables(value) {
			dropUnset(t)
		}
	}
}

func tables(value any) []map[string]any {
	list, _ := value.([]map[string]any)
	return list
}
