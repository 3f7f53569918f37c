namespace Fulcrum.Tasks.Mmlu;

/// <summary>The four categories of MMLU's 57 subjects, as in its authors' <c>categories.py</c>.</summary>
internal static class MmluCategories
{
    private static readonly string[] Stem =
    [
        "abstract_algebra",
        "anatomy",
        "astronomy",
        "college_biology",
        "college_chemistry",
        "college_computer_science",
        "college_mathematics",
        "college_physics",
        "computer_security",
        "conceptual_physics",
        "electrical_engineering",
        "elementary_mathematics",
        "high_school_biology",
        "high_school_chemistry",
        "high_school_computer_science",
        "high_school_mathematics",
        "high_school_physics",
        "high_school_statistics",
        "machine_learning",
    ];

    private static readonly string[] Humanities =
    [
        "formal_logic",
        "high_school_european_history",
        "high_school_us_history",
        "high_school_world_history",
        "international_law",
        "jurisprudence",
        "logical_fallacies",
        "moral_disputes",
        "moral_scenarios",
        "philosophy",
        "prehistory",
        "professional_law",
        "world_religions",
    ];

    private static readonly string[] SocialSciences =
    [
        "econometrics",
        "high_school_geography",
        "high_school_government_and_politics",
        "high_school_macroeconomics",
        "high_school_microeconomics",
        "high_school_psychology",
        "human_sexuality",
        "professional_psychology",
        "public_relations",
        "security_studies",
        "sociology",
        "us_foreign_policy",
    ];

    /// <summary>The category of a subject: STEM, humanities, social sciences, or other.</summary>
    public static string Of(string subject) =>
        Stem.Contains(subject) ? "STEM"
        : Humanities.Contains(subject) ? "humanities"
        : SocialSciences.Contains(subject) ? "social sciences"
        : "other";
}
