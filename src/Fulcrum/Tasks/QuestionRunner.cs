using Fulcrum.Models;

namespace Fulcrum.Tasks;

/// <summary>Asks a model questions, all questions of one form together, so that the engine can share
/// prefixes.</summary>
internal sealed class QuestionRunner(ILanguageModel model, PromptEncoding encoding)
{
    private readonly Lazy<TextPairs> pairs = new(() => encoding.Pairs(model.ScoredLength - 1));

    /// <summary>Returns a reply a question, in the order of the questions.</summary>
    /// <param name="completed">Called after each reply with the number of replies so far.</param>
    /// <exception cref="RequestException">A question failed; names it by its index.</exception>
    public Reply[] Run(IReadOnlyList<Question> questions, Action<int> completed, CancellationToken cancellation)
    {
        Reply[] replies = new Reply[questions.Count];
        int count = 0;
        void Took(int index, Reply reply)
        {
            replies[index] = reply;
            completed(++count);
        }

        Choose(questions, Took, cancellation);
        Score<Question.Pairs>(questions, Each, Took, cancellation);
        Score<Question.Whole>(questions, Sum, Took, cancellation);
        Write<Question.Write>(questions, encoding.Written, Took, cancellation);
        Write<Question.Continue>(questions, encoding.Written, Took, cancellation);
        return replies;
    }

    /// <summary>Returns what a question asks the model to score; empty for a written reply.</summary>
    public IReadOnlyList<ScoreRequest> ScoreRequests(Question question) =>
        question switch
        {
            Question.Choose choose => [encoding.Score(choose)],
            Question.Pairs several =>
            [
                .. several.Requests.Select(r => pairs.Value.Pair(encoding.Render(r.Prompt), r.Continuation)),
            ],
            Question.Whole whole => pairs.Value.Windows(whole.Text),
            _ => [],
        };

    /// <summary>Returns what a question asks the model to write; empty where nothing is written.</summary>
    public IReadOnlyList<CompletionRequest> CompletionRequests(Question question) =>
        question switch
        {
            Question.Write write => [encoding.Complete(write)],
            Question.Continue more => [encoding.Complete(more, model.ContextLength)],
            _ => [],
        };

    private static IReadOnlyList<ContinuationScore> Each(IReadOnlyList<ContinuationScore> scores) => scores;

    private static IReadOnlyList<ContinuationScore> Sum(IReadOnlyList<ContinuationScore> scores) =>
        [new(scores.Sum(s => s.LogLikelihood), scores.All(s => s.Greedy), scores.Sum(s => s.Tokens))];

    private void Choose(IReadOnlyList<Question> questions, Action<int, Reply> took, CancellationToken cancellation)
    {
        int[] indices = [.. Indices<Question.Choose>(questions)];
        ScoreRequest[] requests = [.. indices.Select(i => encoding.Score((Question.Choose)questions[i]))];
        if (requests.Length > 0)
        {
            Named(
                i => indices[i],
                () => model.Score(requests, (i, scores) => took(indices[i], new Reply.Chosen(scores)), cancellation)
            );
        }
    }

    /// <summary>Questions of several requests, each with one continuation.</summary>
    private void Score<T>(
        IReadOnlyList<Question> questions,
        Func<IReadOnlyList<ContinuationScore>, IReadOnlyList<ContinuationScore>> joined,
        Action<int, Reply> took,
        CancellationToken cancellation
    )
        where T : Question
    {
        int[] indices = [.. Indices<T>(questions)];
        IReadOnlyList<ScoreRequest>[] requests = [.. indices.Select(i => ScoreRequests(questions[i]))];
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
            Named(
                i => indices[places[i].Question],
                () => model.Score([.. requests.SelectMany(r => r)], Scored, cancellation)
            );
        }
    }

    private void Write<T>(
        IReadOnlyList<Question> questions,
        Func<Completion, T, Reply.Written> written,
        Action<int, Reply> took,
        CancellationToken cancellation
    )
        where T : Question
    {
        int[] indices = [.. Indices<T>(questions)];
        CompletionRequest[] requests = [.. indices.SelectMany(i => CompletionRequests(questions[i]))];
        if (requests.Length > 0)
        {
            void Completed(int i, Completion completion) =>
                took(indices[i], written(completion, (T)questions[indices[i]]));
            Named(i => indices[i], () => model.Complete(requests, Completed, cancellation));
        }
    }

    // A request that fails is named by its question.
    private static void Named(Func<int, int> question, Action ask)
    {
        try
        {
            ask();
        }
        catch (RequestException e)
        {
            throw e.From(question);
        }
    }

    private static IEnumerable<int> Indices<T>(IReadOnlyList<Question> questions) =>
        Enumerable.Range(0, questions.Count).Where(i => questions[i] is T);
}
