using System.Globalization;
using System.Text;
using System.Xml;
using Fulcrum.Comparisons;
using Fulcrum.Report.Content;
using Fulcrum.Runs;
using Fulcrum.Tasks;

namespace Fulcrum.Report.Junit;

/// <summary>Prints a comparison as a file of test results, so that a change of a model is tested like a change of
/// code.</summary>
/// <remarks>The form is the one that continuous-integration servers read: <c>testsuites</c>, <c>testsuite</c>,
/// <c>testcase</c>, <c>failure</c>.</remarks>
internal static class JunitXml
{
    /// <summary>Returns the file: a suite for each candidate, with a test case for each target, for each general task's
    /// margin and for each requirement.</summary>
    /// <param name="name">What the run is called.</param>
    public static string Of(string name, Comparison comparison, Requirements? required)
    {
        RequirementResult[] results = required is null ? [] : [.. required.Results(comparison)];
        (string Candidate, TestCase[] Cases)[] suites =
        [
            .. comparison.Candidates.Select(c =>
                (c.Name, (TestCase[])[.. OfVerdict(c), .. results.Where(r => r.Candidate == c.Name).Select(Of)])
            ),
        ];
        StringBuilder text = new();
        using (
            XmlWriter xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true })
        )
        {
            xml.WriteStartElement("testsuites");
            Counts(xml, name, [.. suites.SelectMany(s => s.Cases)]);
            foreach ((string candidate, TestCase[] cases) in suites)
            {
                xml.WriteStartElement("testsuite");
                Counts(xml, candidate, cases);
                Array.ForEach(cases, c => Write(xml, candidate, c));
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        return $"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{text}\n";
    }

    private static IEnumerable<TestCase> OfVerdict(CandidateComparison candidate) =>
        candidate.Verdict.Findings.Select(f => new TestCase(
            f.Role == TaskRole.Target
                ? $"{f.Task}: gain"
                : $"{f.Task}: loss within {Words.English.Number(candidate.Verdict.Margin)} points",
            f.Judgement is TaskJudgement.Gained or TaskJudgement.WithinMargin
                ? null
                : Sentences.Of(f, candidate.Verdict.Margin, Words.English)
        ));

    private static TestCase Of(RequirementResult result) =>
        new(
            $"requirement {result.Text}",
            result.IsMet ? null : $"required {result.Text}, but the difference is {result.Found}"
        );

    private static void Counts(XmlWriter xml, string name, TestCase[] cases)
    {
        Attribute(xml, "name", name);
        Attribute(xml, "tests", cases.Length.ToString(CultureInfo.InvariantCulture));
        Attribute(xml, "failures", cases.Count(c => c.Failure is not null).ToString(CultureInfo.InvariantCulture));
        Attribute(xml, "errors", "0");
        Attribute(xml, "skipped", "0");
        Attribute(xml, "time", "0");
    }

    private static void Write(XmlWriter xml, string candidate, TestCase test)
    {
        xml.WriteStartElement("testcase");
        Attribute(xml, "classname", $"fulcrum.{candidate}");
        Attribute(xml, "name", test.Name);
        Attribute(xml, "time", "0");
        if (test.Failure is { } failure)
        {
            xml.WriteStartElement("failure");
            Attribute(xml, "type", "NotShown");
            Attribute(xml, "message", failure);
            xml.WriteString(Printable.Line(failure));
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Attribute(XmlWriter xml, string name, string value) =>
        xml.WriteAttributeString(name, Printable.Line(value));

    /// <param name="Failure">Null: passed.</param>
    private sealed record TestCase(string Name, string? Failure);
}
