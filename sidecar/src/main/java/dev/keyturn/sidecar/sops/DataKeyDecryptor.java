package dev.keyturn.sidecar.sops;

import dev.keyturn.sidecar.source.FetchException;

/** Has a data key, or a part of one, decrypted. */
interface DataKeyDecryptor {

  /**
   * What was encrypted with a key.
   *
   * @return a new array, which the caller wipes
   * @throws FetchException if that was not possible; the message is the reason alone
   */
  byte[] decrypt(MasterKey key) throws FetchException, InterruptedException;
}
