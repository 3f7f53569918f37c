using Fulcrum.Tasks.Mmlu;
using Fulcrum.Templates;

namespace Fulcrum.Tasks.Harness;

/// <summary>MMLU's questions in either of its layouts: the hub's (<c>SUBJECT/SPLIT-*.parquet</c>) or the authors'
/// (<c>SPLIT/SUBJECT_SPLIT.csv</c>).</summary>
internal static class MmluData
{
    /// <summary>The subjects that a folder has, in alphabetical order.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static IReadOnlyList<string> Subjects(string folder)
    {
        if (IsOfAuthors(folder))
        {
            return MmluFolder.Open(folder).Subjects;
        }

        string[] subjects = Directory.Exists(folder)
            ?
            [
                .. Directory
                    .EnumerateDirectories(folder)
                    .Where(HasTest)
                    .Select(d => Path.GetFileName(d))
                    .Where(n => n is not ("all" or "auxiliary_train"))
                    .Order(StringComparer.Ordinal),
            ]
            : [];
        return subjects.Length > 0
            ? subjects
            : throw new InputException(
                $"no MMLU data in {folder}: there is neither test/SUBJECT_test.csv nor SUBJECT/test-*.parquet"
            );
    }

    /// <summary>Whether a folder has the authors' layout.</summary>
    public static bool IsOfAuthors(string folder) =>
        Directory.Exists(Path.Combine(folder, "test"))
        && Directory.EnumerateFiles(Path.Combine(folder, "test"), "*_test.csv").Any();

    /// <summary>The rows of a split in the authors' layout, with the hub's columns.</summary>
    public static IReadOnlyList<TemplateMap> Rows(string folder, string subject, string split)
    {
        MmluFolder data = MmluFolder.Open(folder);
        return
        [
            .. (split == "dev" ? data.Dev(subject) : data.Test(subject)).Select(q =>
                TemplateValues.Map([
                    KeyValuePair.Create("question", (object?)q.Question),
                    KeyValuePair.Create("subject", (object?)subject),
                    KeyValuePair.Create("choices", (object?)q.Choices.Select(c => (object?)c).ToList()),
                    KeyValuePair.Create("answer", (object?)(long)q.Answer),
                ])
            ),
        ];
    }

    private static bool HasTest(string folder) => Directory.EnumerateFiles(folder, "test*").Any();
}
