package io.millrace.rest.routing;

import io.millrace.rest.cluster.BodySeal;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;

/** The body of a request that is passed on, before the request is signed. */
interface SealedBody {
    /** No body. */
    SealedBody NONE = new SealedBody() {
        @Override
        public long length() {
            return 0;
        }

        @Override
        public BodyPublisher by(BodySeal seal) {
            return BodyPublishers.noBody();
        }
    };

    /** One that is at hand. */
    static SealedBody of(byte[] bytes) {
        return bytes.length == 0 ? NONE : new SealedBody() {
            @Override
            public long length() {
                return bytes.length;
            }

            @Override
            public BodyPublisher by(BodySeal seal) {
                return BodyPublishers.ofByteArray(seal.whole(ByteBuffer.wrap(bytes)));
            }
        };
    }

    /** In bytes as the client sent them; -1: not told. */
    long length();

    /** In frames. To be called once. */
    BodyPublisher by(BodySeal seal);
}
