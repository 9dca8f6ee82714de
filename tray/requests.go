package tray

import (
	"kith/control"
)

func requestsTitle(p control.Picture) string {
	n := len(p.Offers)
	for _, x := range p.Pairings {
		if x.Live() {
			n++
		}
	}
	if n == 0 {
		return "Requests"
	}
	return "Requests (" + control.Number(int64(n)) + ")"
}

// requestItems shows what others ask this person, and how pairing goes.
func requestItems(s State) []Item {
	var out []Item
	for _, x := range s.Picture.Pairings {
		if item, ok := pairingItem(x); ok {
			out = append(out, item)
		}
	}
	for _, o := range s.Picture.Offers {
		out = append(out, offerItem(o))
	}
	if n := len(out); n > maxRequests {
		out = append(out[:maxRequests], Item{Title: "All " + control.Number(int64(n)) + " requests…", Do: Show{Devices}})
	}
	return out
}

func pairingItem(x control.Pairing) (Item, bool) {
	who := name(x.Name)
	switch {
	case x.Live() && x.Code != "":
		title := "Does " + who + " show " + code(x.Code) + "?"
		if x.Incoming {
			title = who + " wants to pair: does it show " + code(x.Code) + "?"
		}
		return Item{Title: title, Items: []Item{
			{Title: "Yes, the same " + code(x.Code), Do: answer(x, true)},
			{Title: "No", Do: answer(x, false)},
		}}, true
	case x.State == control.PairingAsking:
		return Item{Title: "Asking " + who + "…"}, true
	case x.State == control.PairingThere:
		return Item{Title: "Waiting for " + who + " to say yes…"}, true
	case x.State == control.PairingFailed:
		return Item{Title: "Not paired with " + who + ": " + name(x.Reason)}, true
	}
	return Item{}, false
}

func answer(x control.Pairing, yes bool) Action {
	return Send{control.Command{Verb: control.Answer, Pairing: x.ID, Yes: yes}}
}

func offerItem(o control.Offer) Item {
	id := o.ID.String()
	terms := "Changes travel both ways"
	if o.Role == "receive" {
		terms = "You receive only"
	}
	place := "Accept"
	if o.Dir != "" {
		place = "Accept into " + name(o.Dir)
	}
	return Item{Title: name(o.From) + " offers " + quoted(o.Name), Items: []Item{
		{Title: join(terms, control.Things(int64(o.Members), "member"))},
		{Title: place, Do: Send{control.Command{Verb: control.Accept, Folder: id}}},
		{Title: "Choose place…", Do: AcceptInto{id, o.Name}},
		{Title: "Decline", Do: Send{control.Command{Verb: control.Decline, Folder: id}}},
	}}
}
