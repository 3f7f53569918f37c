using Fulcrum.Models;

namespace Fulcrum.Tasks;

/// <summary>Puts questions to a model, all of one form together, so that the engine can share what they have in common.
/// </summary>
internal sealed class QuestionRunner(ILanguageModel model, PromptEncoding encoding)
{
    /// <summary>Returns a reply a question, in the order of the questions.</summary>
    /// <param name="completed">Called after each reply with the number of replies so far.</param>
    public Reply[] Run(IReadOnlyList<Question> questions, Action<int> completed, CancellationToken cancellation)
    {
        Reply[] replies = new Reply[questions.Count];
        int count = 0;
        void Took(int index, Reply reply)
        {
            replies[index] = reply;
            completed(++count);
        }

        Lazy<TextPairs> pairs = new(() => encoding.Pairs(model.ContextLength));
        Choose(questions, Took, cancellation);
        Score<Question.Pairs>(
            questions,
            q => [.. q.Requests.Select(r => Pair(pairs.Value, r))],
            Each,
            Took,
            cancellation
        );
        Score<Question.Whole>(questions, q => pairs.Value.Windows(q.Text), Sum, Took, cancellation);
        Write<Question.Write>(questions, encoding.Complete, encoding.Written, Took, cancellation);
        Write<Question.Continue>(
            questions,
            q => encoding.Complete(q, model.ContextLength),
            encoding.Written,
            Took,
            cancellation
        );
        return replies;
    }

    private ScoreRequest Pair(TextPairs pairs, (Prompt Prompt, string Continuation) request) =>
        pairs.Pair(encoding.Render(request.Prompt), request.Continuation);

    private static IReadOnlyList<ContinuationScore> Each(IReadOnlyList<ContinuationScore> scores) => scores;

    private static IReadOnlyList<ContinuationScore> Sum(IReadOnlyList<ContinuationScore> scores) =>
        [new(scores.Sum(s => s.LogLikelihood), scores.All(s => s.Greedy), scores.Sum(s => s.Tokens))];

    private void Choose(IReadOnlyList<Question> questions, Action<int, Reply> took, CancellationToken cancellation)
    {
        int[] indices = [.. Indices<Question.Choose>(questions)];
        ScoreRequest[] requests = [.. indices.Select(i => encoding.Score((Question.Choose)questions[i]))];
        if (requests.Length > 0)
        {
            model.Score(requests, (i, scores) => took(indices[i], new Reply.Chosen(scores)), cancellation);
        }
    }

    /// <summary>Questions of several requests, each with one continuation.</summary>
    private void Score<T>(
        IReadOnlyList<Question> questions,
        Func<T, IReadOnlyList<ScoreRequest>> requestsOf,
        Func<IReadOnlyList<ContinuationScore>, IReadOnlyList<ContinuationScore>> joined,
        Action<int, Reply> took,
        CancellationToken cancellation
    )
        where T : Question
    {
        int[] indices = [.. Indices<T>(questions)];
        IReadOnlyList<ScoreRequest>[] requests = [.. indices.Select(i => requestsOf((T)questions[i]))];
        (int Question, int Part)[] places =
        [
            .. requests.SelectMany((r, question) => Enumerable.Range(0, r.Count).Select(part => (question, part))),
        ];
        ContinuationScore[][] scores = [.. requests.Select(r => new ContinuationScore[r.Count])];
        int[] open = [.. requests.Select(r => r.Count)];
        void Scored(int request, IReadOnlyList<ContinuationScore> answer)
        {
            (int question, int part) = places[request];
            scores[question][part] = answer[0];
            if (--open[question] == 0)
            {
                took(indices[question], new Reply.Chosen(joined(scores[question])));
            }
        }

        foreach (int empty in Enumerable.Range(0, open.Length).Where(q => open[q] == 0))
        {
            took(indices[empty], new Reply.Chosen(joined([])));
        }

        if (places.Length > 0)
        {
            model.Score([.. requests.SelectMany(r => r)], Scored, cancellation);
        }
    }

    private void Write<T>(
        IReadOnlyList<Question> questions,
        Func<T, CompletionRequest> requestOf,
        Func<Completion, T, Reply.Written> written,
        Action<int, Reply> took,
        CancellationToken cancellation
    )
        where T : Question
    {
        int[] indices = [.. Indices<T>(questions)];
        CompletionRequest[] requests = [.. indices.Select(i => requestOf((T)questions[i]))];
        if (requests.Length > 0)
        {
            model.Complete(
                requests,
                (i, completion) => took(indices[i], written(completion, (T)questions[indices[i]])),
                cancellation
            );
        }
    }

    private static IEnumerable<int> Indices<T>(IReadOnlyList<Question> questions) =>
        Enumerable.Range(0, questions.Count).Where(i => questions[i] is T);
}
