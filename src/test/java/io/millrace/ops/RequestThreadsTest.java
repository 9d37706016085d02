package io.millrace.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** With Open Liberty it is seen when the application is taken away from a server. */
class RequestThreadsTest {
    @Test
    void onAnotherContainerNothingIsDone() {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(0, 1, 1, TimeUnit.SECONDS, new SynchronousQueue<>());

        new RequestThreads(pool, ClassLoader.getPlatformClassLoader()).close();

        assertThat(pool.getTaskCount()).isZero();
        pool.shutdown();
    }
}
