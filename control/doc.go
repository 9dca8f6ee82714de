// Package control is the door: commands come in, the whole picture goes out.
//
// The Desk turns a Command into changes of the settings, of the running folders
// and of the conversations, and keeps the Picture of it all current in a Hub.
// The Server shows both to this person's other programs over a unix socket, and
// a Door is that socket seen from outside. Faces hold no truth of their own:
// they send commands, and draw the picture that comes back.
package control
