/** Blocking HTTP/1.1 over sockets, with TLS: what the clients of servers are made of. */
@NullMarked
package dev.keyturn.sidecar.http;

import org.jspecify.annotations.NullMarked;
