/** The HTTPS server that the API server and the kubelet talk to. */
@NullMarked
package dev.keyturn.webhook.server;

import org.jspecify.annotations.NullMarked;
