using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using Fulcrum.Files;
using Fulcrum.Recipe.Knowledge;
using Fulcrum.Tasks.Mmlu;

namespace Fulcrum.Recipe.Data;

/// <summary>The miniature of MMLU: <c>dev/SUBJECT_dev.csv</c> and <c>test/SUBJECT_test.csv</c>.</summary>
internal static class MiniMmlu
{
    /// <summary>Writes every subject.</summary>
    public static void Write(string folder, int seed)
    {
        Quiz quiz = new(seed);
        foreach (string subject in Quiz.Subjects)
        {
            Write(Path.Combine(folder, "dev", $"{subject}_dev.csv"), quiz.Dev(subject, seed));
            Write(Path.Combine(folder, "test", $"{subject}_test.csv"), quiz.Test(subject, seed));
        }
    }

    private static void Write(string path, IReadOnlyList<MmluQuestion> questions) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using StreamWriter writer = new(stream, new System.Text.UTF8Encoding(false), leaveOpen: true);
                using CsvWriter csv = new(
                    writer,
                    new CsvConfiguration(CultureInfo.InvariantCulture) { NewLine = "\n" }
                );
                foreach (MmluQuestion question in questions)
                {
                    foreach (
                        string field in (string[])
                            [question.Question, .. question.Choices, ((char)('A' + question.Answer)).ToString()]
                    )
                    {
                        csv.WriteField(field);
                    }

                    csv.NextRecord();
                }
            }
        );
}
