// Package museum holds bugs of other systems by which people lost data, or others
// got in. Each is enacted here, in small, to show that it does not happen.
package museum
