using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Reads answers for a comparison and keeps what it needs: no texts of questions and replies, and each
/// repeated
/// name once. The answers of a thousand candidates then fit into memory.</summary>
internal sealed class ComparedAnswers
{
    private readonly Dictionary<string, string> names = new(StringComparer.Ordinal);

    /// <summary>Reads the answers of one task.</summary>
    /// <exception cref="InputException">The file is missing or damaged; names it.</exception>
    public IReadOnlyList<Answer> Read(string path) => [.. AnswerFile.Read(path).Select(Slim)];

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
