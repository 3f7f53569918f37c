using Fulcrum.Comparisons;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Reads answers for a comparison and keeps what it needs: no texts of questions and replies, and each
/// repeated name once. The scores of a thousand candidates then fit into memory.</summary>
internal sealed class ComparedAnswers
{
    private readonly Dictionary<string, string> names = new(StringComparer.Ordinal);
    private readonly Dictionary<Answer, Answer> scores = [];

    /// <summary>Reads the answers of one task.</summary>
    /// <exception cref="InputException">The file is missing or damaged; names it.</exception>
    public IReadOnlyList<Answer> Read(string path) => [.. AnswerFile.Read(path).Select(Slim)];

    /// <summary>Returns a point with the scores of its answers only. Equal ones are shared by all points: an item that
    /// is right or wrong has two.</summary>
    public PointAnswers ScoresOf(PointAnswers point) =>
        point with
        {
            Answers = point.Answers.ToDictionary(
                t => t.Key,
                t => (IReadOnlyList<Answer>)[.. t.Value.Select(ScoreOf)],
                StringComparer.Ordinal
            ),
        };

    private Answer ScoreOf(Answer a)
    {
        Answer score = new(a.Id, a.Cluster, a.Group, a.Score, "", "", "", Stem: a.Stem);
        if (scores.TryGetValue(score, out Answer? known))
        {
            return known;
        }

        scores.Add(score, score);
        return score;
    }

    private Answer Slim(Answer a) =>
        a with
        {
            Id = Once(a.Id),
            Cluster = Once(a.Cluster),
            Group = Once(a.Group),
            Prediction = Once(a.Prediction),
            Target = Once(a.Target),
            Verdict = Once(a.Verdict),
            Protocol = a.Protocol is { } hash ? Once(hash) : null,
            Stem = a.Stem is { } stem ? Once(stem) : null,
            Input = null,
            Output = null,
            Reason = null,
            Requests = null,
            Filtered = null,
        };

    private string Once(string text)
    {
        if (names.TryGetValue(text, out string? known))
        {
            return known;
        }

        names.Add(text, text);
        return text;
    }
}
