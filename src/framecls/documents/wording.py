"""Closed lists of words that layout and segmentation go by: abbreviations, first words, the formulae of resolutions."""

__all__ = [
    "ABBREVIATIONS",
    "AFTER_COMMA",
    "BEFORE_NUMBER",
    "LABELS",
    "LEADING",
    "MAY_END",
    "OPERATIVE",
    "PREAMBULAR",
    "STARTERS",
    "alternatives",
    "words",
]


def alternatives(of: frozenset[str]) -> str:
    """
    Write words as alternatives of a regular expression, the longest first.

    :param of: the words; a full stop in one stands for itself.
    :returns: the alternatives, without a group around them.
    """
    return "|".join(word.replace(".", r"\.") for word in sorted(of, key=lambda word: (-len(word), word)))


def words(text: str) -> frozenset[str]:
    """
    Read a list of words.

    :param text: the words, white space between them.
    :returns: the words.
    """
    return frozenset(text.split())


#: End no sentence before a number or a letter that they introduce; without their full stop.
BEFORE_NUMBER = words(
    """
    Abs Add Annex App Approx Art Arts Ca Ch Chap Corr Dec Dir Div Doc Docs Ed Exec Fed Fig Figs Fn Nos No Nr Op Ord Par
    Para Paras Pt Pub Reg Regs Res Rev Sec Secs Sect Sects Ser Sess Stat Subsec Supp Suppl Tab Vol Vols
    abs add app approx art arts ca ch chap corr doc docs ed fig figs fn nos no nr op par para paras pp p pt reg regs
    res rev sec secs sect sects ser sess subpara supp suppl tab vol vols
    Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov
    """
)

#: End no sentence, whatever follows; without their full stop.
_NEVER_END = words(
    """
    Adm Amb Brig Capt Cdr Cmdr Col Cpl Dr Drs Eng Esq Fr Gen Gov Hon Ing Lt Maj Messrs Mgr Min Mme Mr Mrs Ms Mt Mx Pres
    Prof Rep Reps Rev Sen Sens Sgt Sr Sra Sres St Ste Supt
    MR MRS MS DR GEN SEN REP GOV HON hon
    H.E H.H H.M H.R.H
    e.g i.e cf vs v viz c resp incl excl est ibid ib loc op cit bzw vgl z.B d.h Univ
    Tues Thurs Dept Dep
    Ariz Calif Colo Conn Mass Mich Minn Miss Mont Okla Tenn Wash Wisc
    Admin Agric Assn Assoc Bull Comm Cong Const Crim Dist Econ Educ Envtl Govt Harv Hist Intl Mgmt Natl Proc Prot Publ
    Resol Soc Stud Trans Transp
    """
)

#: End a sentence where a word that often begins one follows, and else none; without their full stop.
MAY_END = words(
    """
    etc al seq seqq ff a.m p.m A.M P.M Inc Ltd Corp Co Bros BROS Jr Sr LLC PLC plc Ph.D M.D U.S U.N U.K U.S.A E.U A.U
    D.C D.R.C U.A.E U.S.C C.F.R
    """
)

#: Every abbreviation: a plain word that is none of these and has a full stop behind it ends its sentence.
ABBREVIATIONS = BEFORE_NUMBER | _NEVER_END | MAY_END

#: Begin sentences far oftener than names do.
STARTERS = words(
    """
    A After All Also Although An And Another Any As At Because Before Both But By Consequently During Each Every
    Everybody Few Finally First For From Further Furthermore Had Has Have He Hence Her Here His How However I If In
    Indeed Instead Is It Its Last Later Let Likewise Many Meanwhile Moreover Most Much Neither Nevertheless No Nobody
    None Nonetheless Nor Not Nothing Now Nowhere On Once One Only Or Other Others Otherwise Our Over Pursuant Second
    See Several She Should Similarly Since So Some Still Subsequently Such That The Their Then There Thereafter
    Therefore These They This Those Though Three Through Throughout Thus To Today Together Two Under Unless Until Upon
    We What When Where Whereas Whether Which While Who Whose Why Will With Within Without Yet You Your
    """
)

#: Stand before a letter or a number that names a thing, so that the letter is no initial of a person.
LABELS = words(
    """
    Annex Annexes Appendix Area Article Attachment Box Category Chapter Class Column Component Figure Goal Grade Group
    Item Level List Lot Module Objective Option Panel Paragraph Part Party Phase Pillar Plan Point Principle Priority
    Proposal Protocol Question Recommendation Route Rule Scenario Schedule Section State Step Table Target Task Tier
    Title Track Type Variant Volume Zone
    """
)

#: End a line that leads to what stands on the next, and no heading.
LEADING = words(
    """
    a an and are as at be by for from in include includes including into is may means must of on or shall should such
    that the their to under was were which will with
    """
)

#: Begin the paragraphs of a preamble.
PREAMBULAR = words(
    """
    Acknowledging Acting Affirming Alarmed Anxious Appreciating Aware Bearing Believing Calling Cognizant Committed
    Concerned Confident Conscious Considering Convinced Deeply Deploring Desiring Desirous Determined Disturbed
    Emphasising Emphasizing Encouraged Endorsing Expressing Fully Gravely Guided Having Inspired Keeping Mindful Noting
    Observing Paying Reaffirming Realising Realizing Recalling Recognising Recognizing Referring Regretting Reiterating
    Resolved Resolving Seeking Seized Stressing Supporting Taking Underlining Underscoring Viewing Welcoming Whereas
    Wishing
    """
)

#: Begin the paragraphs in which a body resolves.
OPERATIVE = words(
    """
    Acknowledges Adopts Affirms Agrees Also Appeals Appreciates Approves Asks Authorises Authorizes Calls Commends
    Condemns Confirms Considers Decides Declares Demands Deplores Directs Emphasises Emphasizes Encourages Endorses
    Establishes Expresses Further Instructs Invites Notes Now Offers Proclaims Reaffirms Recalls Recognises Recognizes
    Recommends Regrets Reiterates Reminds Requests Resolves Stresses Strongly Supports Takes Thanks Underlines
    Underscores Urges Welcomes
    """
)

#: Those that also follow a comma where the line ends of a resolution were lost, and that no list of nouns has.
AFTER_COMMA = words(
    """
    Acknowledging Affirming Alarmed Appreciating Aware Cognizant Conscious Considering Convinced Deploring Desiring
    Desirous Determined Emphasising Emphasizing Guided Inspired Mindful Noting Observing Reaffirming Realising Realizing
    Recalling Recognising Recognizing Regretting Reiterating Resolved Stressing Underlining Underscoring Welcoming
    Wishing Adopts Agrees Approves Condemns Decides Declares Encourages Invites Proclaims Reaffirms Recommends Resolves
    Urges Welcomes
    """
) | {"Bearing in mind", "Deeply concerned", "Gravely concerned", "Taking note", "Takes note", "Having considered"}
