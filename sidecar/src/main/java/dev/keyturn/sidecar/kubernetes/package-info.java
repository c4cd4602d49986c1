/**
 * Kubernetes Secrets and ConfigMaps: by the API, or as volumes that the kubelet keeps. No client
 * library: it is two calls.
 */
@NullMarked
package dev.keyturn.sidecar.kubernetes;

import org.jspecify.annotations.NullMarked;
