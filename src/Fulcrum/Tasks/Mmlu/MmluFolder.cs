using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Tasks.Mmlu;

/// <summary>One question of MMLU (Hendrycks et al., ICLR 2021).</summary>
/// <param name="Index">Its place in its file, from 0.</param>
/// <param name="Choices">Four options, byte for byte as in the file.</param>
/// <param name="Answer">0 to 3.</param>
public sealed record MmluQuestion(
    string Subject,
    int Index,
    string Question,
    IReadOnlyList<string> Choices,
    int Answer
);

/// <summary>A folder in MMLU's layout: <c>dev/SUBJECT_dev.csv</c>, <c>test/SUBJECT_test.csv</c>; no header, answers A
/// to D.</summary>
public sealed class MmluFolder
{
    private readonly string root;

    private MmluFolder(string root, IReadOnlyList<string> subjects) => (this.root, Subjects) = (root, subjects);

    /// <summary>The subjects that have a test file, in alphabetical order.</summary>
    public IReadOnlyList<string> Subjects { get; }

    /// <summary>Opens a folder.</summary>
    /// <exception cref="InputException">There is no test file in it.</exception>
    public static MmluFolder Open(string root)
    {
        string test = Path.Combine(root, "test");
        string[] subjects = Directory.Exists(test)
            ?
            [
                .. Directory
                    .EnumerateFiles(test, "*_test.csv")
                    .Select(f => Path.GetFileName(f)[..^"_test.csv".Length])
                    .Where(subject => !subject.StartsWith('.')) // hidden: macOS leaves ._NAME beside each file
                    .Order(StringComparer.Ordinal),
            ]
            : [];
        return subjects.Length > 0
            ? new MmluFolder(root, subjects)
            : throw new InputException($"no MMLU data in {root}: there is no test/SUBJECT_test.csv");
    }

    /// <summary>The worked examples of a subject.</summary>
    /// <exception cref="InputException">The file is missing, or a row is malformed; names file and row.</exception>
    public IReadOnlyList<MmluQuestion> Dev(string subject) => Read(subject, "dev");

    /// <summary>The questions of a subject.</summary>
    /// <exception cref="InputException">As for <see cref="Dev"/>.</exception>
    public IReadOnlyList<MmluQuestion> Test(string subject) => Read(subject, "test");

    private MmluQuestion[] Read(string subject, string split)
    {
        string path = Path.Combine(root, split, $"{subject}_{split}.csv");
        if (!InnerPath.IsPlainName(subject) || (File.Exists(path) && !InnerPath.LiesIn(root, path)))
        {
            throw new InputException($"{path} leaves the folder {root}");
        }

        try
        {
            using Stream stream = BoundedFile.Open(path, BoundedFile.Text);
            return [.. CsvRecords.Read(path, stream).Select((r, i) => Question(path, subject, i, r.Line, r.Fields))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
    }

    private static MmluQuestion Question(string path, string subject, int index, int line, string[] fields) =>
        fields.Length != 6
            ? throw new InputException(
                $"{path} line {line}: {fields.Length} fields instead of 6 (question, four options, answer)"
            )
        : fields[5] is not ("A" or "B" or "C" or "D")
            ? throw new InputException($"{path} line {line}: the answer is '{fields[5]}'; expected A, B, C or D")
        : new MmluQuestion(subject, index, fields[0], fields[1..5], fields[5][0] - 'A');
}
