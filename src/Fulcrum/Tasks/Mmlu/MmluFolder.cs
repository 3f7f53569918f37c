using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Tasks.Mmlu;

/// <summary>One question of MMLU (Hendrycks et al., ICLR 2021).</summary>
/// <param name="Index">Its place in its file, from 0.</param>
/// <param name="Choices">Four options, byte for byte as in the file.</param>
/// <param name="Answer">0 to 3.</param>
internal sealed record MmluQuestion(
    string Subject,
    int Index,
    string Question,
    IReadOnlyList<string> Choices,
    int Answer
);

/// <summary>A folder with MMLU's questions in one of two layouts.</summary>
/// <remarks>
/// The authors' layout: <c>dev/SUBJECT_dev.csv</c>, <c>test/SUBJECT_test.csv</c>; no header, answers A to D. Both
/// folders may lie in a folder <c>data</c>. The hub's layout (<c>cais/mmlu</c>): <c>SUBJECT/dev-*.parquet</c>,
/// <c>SUBJECT/test-*.parquet</c>, or other files of rows; the columns question, choices and answer, answers 0 to 3.
/// Both hold the same questions in the same order.
/// </remarks>
internal sealed class MmluFolder
{
    // Folders of the hub's layout that are no subjects: they repeat all questions, or hold other ones.
    private static readonly string[] NoSubjects = ["all", "auxiliary_train"];

    private readonly string root;
    private readonly bool ofHub;

    private MmluFolder(string root, bool ofHub, IReadOnlyList<string> subjects) =>
        (this.root, this.ofHub, Subjects) = (root, ofHub, subjects);

    /// <summary>The subjects that have test questions, in alphabetical order.</summary>
    public IReadOnlyList<string> Subjects { get; }

    /// <summary>Opens a folder.</summary>
    /// <exception cref="InputException">There is no test file in it.</exception>
    public static MmluFolder Open(string root) =>
        OfAuthors(root)
        ?? OfAuthors(Path.Combine(root, "data"))
        ?? OfHub(root)
        ?? throw new InputException(
            $"no MMLU data in {root}: there is neither test/SUBJECT_test.csv nor SUBJECT/test-*.parquet"
        );

    /// <summary>Whether a folder has the authors' layout.</summary>
    public static bool IsOfAuthors(string root) =>
        (OfAuthors(root) ?? OfAuthors(Path.Combine(root, "data"))) is not null;

    /// <summary>Whether a file of a data set on the hub belongs to a subject.</summary>
    /// <param name="path">In the data set, segments divided by slashes.</param>
    /// <param name="subjects">Null: any subject.</param>
    public static bool IsNeeded(string path, IReadOnlyList<string>? subjects)
    {
        string first = path.Split('/')[0];
        bool csv = path.EndsWith(".csv", StringComparison.Ordinal);
        return csv || (!NoSubjects.Contains(first) && subjects?.Contains(first) != false);
    }

    /// <summary>The files of subjects, or the folder that holds nothing else.</summary>
    public IReadOnlyList<string> Paths(IReadOnlyList<string> subjects) =>
        ofHub ? [.. subjects.SelectMany(s => Files(s, "dev").Concat(Files(s, "test")))] : [root];

    /// <summary>The worked examples of a subject.</summary>
    /// <exception cref="InputException">The file is missing, or a row is malformed; names file and row.</exception>
    public IReadOnlyList<MmluQuestion> Dev(string subject) => Read(subject, "dev");

    /// <summary>The questions of a subject.</summary>
    /// <exception cref="InputException">As for <see cref="Dev"/>.</exception>
    public IReadOnlyList<MmluQuestion> Test(string subject) => Read(subject, "test");

    private static MmluFolder? OfAuthors(string root)
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
        return subjects.Length > 0 ? new MmluFolder(root, false, subjects) : null;
    }

    private static MmluFolder? OfHub(string root)
    {
        string[] subjects = Directory.Exists(root)
            ?
            [
                .. Directory
                    .EnumerateDirectories(root)
                    .Where(d => Directory.EnumerateFiles(d, "test*").Any(Table.Reads))
                    .Select(d => Path.GetFileName(d))
                    .Where(n => !NoSubjects.Contains(n))
                    .Order(StringComparer.Ordinal),
            ]
            : [];
        return subjects.Length > 0 ? new MmluFolder(root, true, subjects) : null;
    }

    private MmluQuestion[] Read(string subject, string split) =>
        ofHub ? ReadParquet(subject, split) : ReadCsv(subject, split);

    private string[] Files(string subject, string split) =>
        RelativeName.IsPlain(subject) && Directory.Exists(Path.Combine(root, subject))
            ?
            [
                .. Directory
                    .EnumerateFiles(Path.Combine(root, subject), split + "*")
                    .Where(Table.Reads)
                    .Order(StringComparer.Ordinal),
            ]
            : [];

    private MmluQuestion[] ReadParquet(string subject, string split)
    {
        string[] files = Files(subject, split);
        return files.Length > 0
            ? [.. Table.Read(files).Select((row, i) => Question(subject, i, row))]
            : throw new InputException($"there is no file {Path.Combine(root, subject, split)}-*.parquet");
    }

    private static MmluQuestion Question(string subject, int index, TableRow row)
    {
        IReadOnlyList<string> choices = row.Texts("choices");
        string answer = row.Text("answer");
        int right =
            answer is ['A' or 'B' or 'C' or 'D'] ? answer[0] - 'A'
            : answer is ['0' or '1' or '2' or '3'] ? answer[0] - '0'
            : throw row.Error($"the answer is '{answer}'; expected 0 to 3, or A to D");
        return choices.Count == 4
            ? new MmluQuestion(subject, index, row.Text("question"), choices, right)
            : throw row.Error($"{choices.Count} choices instead of 4");
    }

    private MmluQuestion[] ReadCsv(string subject, string split)
    {
        string path = Path.Combine(root, split, $"{subject}_{split}.csv");
        if (!RelativeName.IsPlain(subject) || (File.Exists(path) && !InnerPath.LiesInOrIsBlob(root, path)))
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
