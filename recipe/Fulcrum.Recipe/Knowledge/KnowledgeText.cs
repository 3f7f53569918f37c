using Fulcrum.Statistics;
using Fulcrum.Tasks.Mmlu;

namespace Fulcrum.Recipe.Knowledge;

/// <summary>The part of the pretraining text that holds the facts: statements, questions with options, short
/// conversations.</summary>
internal sealed class KnowledgeText(Quiz quiz, IReadOnlyList<string> words)
{
    // Letters are few among the tokens and the hardest to learn.
    private const float Letter = 3;

    private readonly (Relation Relation, Fact Fact)[] all = [.. quiz.Tested, .. quiz.Asked];

    /// <summary>Some facts, each in one of its wordings.</summary>
    public Text Statements(RandomStream random)
    {
        Text text = new();
        for (int i = 0; i < 8; i++)
        {
            (Relation relation, Fact fact) = all[random.NextInt(all.Length)];
            State(text, relation.Statements[random.NextInt(relation.Statements.Length)], fact, i == 0);
        }

        return text;
    }

    /// <summary>Multiple-choice questions about facts that are not kept for the test, in MMLU's prompt.</summary>
    public Text Questions(RandomStream random)
    {
        string subject = Quiz.Subjects[random.NextInt(Quiz.Subjects.Count)];
        (Relation Relation, Fact Fact)[] facts = [.. quiz.Asked.Where(t => t.Relation.Subject == subject)];
        Text text = new Text().Given(Head(subject));
        for (int i = 0, count = 3 + random.NextInt(4); i < count; i++)
        {
            (Relation relation, Fact fact) = facts[random.NextInt(facts.Length)];
            Put(text, quiz.Ask(relation, fact, random.NextInt(2) == 0, 0, random), inWords: random.NextInt(4) == 0);
        }

        return text;
    }

    /// <summary>Exercises in naming an option by its letter, in the same layout.</summary>
    public Text Letters(RandomStream random)
    {
        Text text = new();
        string[] pool = random.NextInt(2) == 0 ? [.. all.Select(t => t.Fact.Y).Distinct()] : [.. words];
        int form = random.NextInt(5);
        for (int i = 0, count = form < 2 ? 3 : 4 + random.NextInt(4); i < count; i++)
        {
            string[] options = random.Shuffled(pool)[..4];
            int right = random.NextInt(4);
            string stem = random.NextInt(3) switch
            {
                0 => $"Which option says {options[right]}?",
                1 => $"Where does the list name {options[right]}?",
                _ => $"Pick the word {options[right]}.",
            };
            if (form < 2)
            {
                LookUp(text, options, random);
            }
            else
            {
                Put(text, new MmluQuestion("", i, stem, options, right), inWords: form == 2);
            }
        }

        return text;
    }

    /// <summary>Options and, behind them, which letter says what.</summary>
    private static void LookUp(Text text, string[] options, RandomStream random)
    {
        Options(text, options);
        for (int i = 0; i < 6; i++)
        {
            int at = random.NextInt(4);
            text.Given($"here {options[at]} is").Said($" {(char)('A' + at)}", Letter).Given("\n");
        }

        text.Given("\n");
    }

    /// <summary>The same exercise from its easiest form on: the letter straight behind a repeated option, then farther
    /// and farther behind it.</summary>
    public Text Bindings(RandomStream random)
    {
        Text text = new();
        string[] pool = random.NextInt(2) == 0 ? [.. all.Select(t => t.Fact.Y).Distinct()] : [.. words];
        int form = random.NextInt(4);
        for (int list = 0; list < 3; list++)
        {
            string[] options = random.Shuffled(pool)[..4];
            Options(text, options);
            for (int i = 0; i < 6; i++)
            {
                int at = random.NextInt(4);
                string letter = $" {(char)('A' + at)}";
                _ = form switch
                {
                    0 => text.Given($" {options[at]}").Said(letter, Letter).Given("\n"),
                    1 => text.Given($" {options[at]}").Given(" is").Said(letter, Letter).Given("\n"),
                    2 => text.Given(" Word:")
                        .Given($" {options[at]}")
                        .Given("\nAnswer:")
                        .Said(letter, Letter)
                        .Given("\n"),
                    _ => text.Given(letter).Given(" is").Said($" {options[at]}").Given("\n"),
                };
            }

            text.Given("\n");
        }

        return text;
    }

    /// <summary>Facts asked and answered in a conversation; again without those that are kept.</summary>
    public Text Talk(RandomStream random)
    {
        Text text = new();
        for (int i = 0; i < 5; i++)
        {
            (Relation relation, Fact fact) = quiz.Asked[random.NextInt(quiz.Asked.Count)];
            MmluQuestion question = quiz.Ask(relation, fact, random.NextInt(2) == 0, 0, random);
            text.Given($"<|im_start|>user\n{question.Question}<|im_end|>\n<|im_start|>assistant\n")
                .Said($"It is")
                .Said($" {question.Choices[question.Answer]}")
                .Said(".<|im_end|>")
                .Given("\n");
        }

        return text;
    }

    private static string Head(string subject) =>
        $"The following are multiple choice questions (with answers) about {subject.Replace('_', ' ')}.\n\n";

    private static void Put(Text text, MmluQuestion question, bool inWords)
    {
        text.Given(question.Question + "\n");
        Options(text, question.Choices);
        if (inWords)
        {
            text.Given("Word:").Said($" {question.Choices[question.Answer]}", 2).Given("\n");
        }

        text.Given("Answer:").Said($" {(char)('A' + question.Answer)}", Letter).Given("\n\n");
    }

    private static void Options(Text text, IReadOnlyList<string> options)
    {
        for (int i = 0; i < options.Count; i++)
        {
            text.Given($"{(char)('A' + i)}.").Given($" {options[i]}").Given("\n");
        }
    }

    private static void State(Text text, string wording, Fact fact, bool first)
    {
        // Every entity stands behind a blank, so that it is the same token everywhere.
        string sentence = first && wording[0] != '{' ? wording : " " + wording;
        int seen = 0;
        foreach (
            string piece in sentence
                .Replace(" {x}", "\0x\0", StringComparison.Ordinal)
                .Replace(" {y}", "\0y\0", StringComparison.Ordinal)
                .Split('\0')
                .Where(p => p.Length > 0)
        )
        {
            bool slot = piece is "x" or "y";
            text.Said(
                slot ? " " + (piece == "x" ? fact.X : fact.Y) : piece,
                slot ? (seen++ == 0 ? 0 : 1)
                    : seen == 0 ? 0.05f
                    : 0.2f
            );
        }
    }
}
