// Package attack holds the attackers: against the real program, over real
// connections, by hand. One is a member of the folder with a valid key; one is
// a stranger on the network; one is another user of the same machine. After
// each attack the same is asked: does the program live, is its memory bounded,
// are the files and all around them as they were, are the others still served?
package attack
