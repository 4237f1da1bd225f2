//! Asking the table for many people side by side, and for no more of them at a time than is modest.

use futures_util::stream::{self, Stream, StreamExt};

/// So many questions are on their way at a time: with an answer in 10 ms they are 1,600 a second, a share of what a table takes on demand
/// from the first moment.
const ABREAST: usize = 16;

/// The answers, in the order of the questions.
pub(crate) fn abreast<T>(questions: impl IntoIterator<Item = impl Future<Output = T>>) -> impl Stream<Item = T> {
    stream::iter(questions).buffered(ABREAST)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn answers_come_in_order_and_no_more_than_sixteen_are_asked_for_at_a_time() {
        let (now, most) = (Cell::new(0), Cell::new(0));
        let (now, most) = (&now, &most);
        let ask = |n: usize| async move {
            now.set(now.get() + 1);
            most.set(now.get().max(most.get()));
            // The later ones of a handful answer first.
            for _ in 0..(5 - n % 5) {
                tokio::task::yield_now().await;
            }
            now.set(now.get() - 1);
            n
        };
        let answers: Vec<usize> = abreast((0..100).map(ask)).collect().await;
        assert_eq!((answers, most.get()), ((0..100).collect(), ABREAST));
    }
}
